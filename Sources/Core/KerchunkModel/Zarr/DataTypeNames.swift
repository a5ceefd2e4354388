// SPDX-License-Identifier: Apache-2.0
// Data types as numpy's type strings, as Zarr v2 metadata has them.
// Spec: Zarr v2, "Data type encoding"; numpy, "The array interface protocol", typestr.

public import KerchunkBytes

extension DataType {
    /// The `dtype` of a `.zarray`: a type string, or a list of fields.
    public var v2Name: JSONValue {
        guard case .structure(let fields) = self else { return .string(typeString) }
        return .array(
            fields.map { field in
                var parts: [JSONValue] = [.string(field.name), field.type.v2Name]
                if !field.shape.isEmpty { parts.append(.array(field.shape.map { .integer($0) })) }
                return .array(parts)
            })
    }

    /// The type string of a type without fields.
    private var typeString: String {
        switch self {
        case .bool: "|b1"
        case .integer(let isSigned, let width, let order):
            order.mark(width: width) + (isSigned ? "i" : "u") + "\(width)"
        case .float(let width, let order): order.mark(width: width) + "f\(width)"
        case .complex(let width, let order): order.mark(width: width) + "c\(width)"
        case .datetime(let unit, let order): order.mark(width: 8) + "M8" + bracketed(unit)
        case .timedelta(let unit, let order): order.mark(width: 8) + "m8" + bracketed(unit)
        case .fixedBytes(let length): "|S\(length)"
        case .fixedText(let length, let order): order.mark(width: 4) + "U\(length)"
        case .raw(let length): "|V\(length)"
        case .structure: "|V\(size)"
        case .text, .object: "|O"
        }
    }

    private func bracketed(_ unit: String) -> String { unit.isEmpty ? "" : "[\(unit)]" }

    /// The type that the `dtype` of a `.zarray` names. `|O` is `object`: only the filters tell that it is text.
    public init(v2Name: JSONValue) throws(KerchunkError) {
        switch v2Name {
        case .string(let text): self = try Self.named(text)
        case .array(let members):
            var fields: [Field] = []
            for member in members { fields.append(try Field(v2Name: member)) }
            guard !fields.isEmpty else { throw Self.unknown("[]") }
            self = .structure(fields)
        default: throw Self.unknown(v2Name.serialized())
        }
        guard checkedSize != nil else { throw Self.unknown(v2Name.serialized()) }
    }

    private static func unknown(_ text: String) -> KerchunkError {
        KerchunkError(.malformed, "\"\(text)\" is not a data type of Zarr v2")
    }

    private static func named(_ text: String) throws(KerchunkError) -> DataType {
        let marks = text.utf8.first.map { Array("<>|=".utf8).contains($0) } == true
        let order: ByteOrder = text.hasPrefix(">") ? .big : .little
        let rest = marks ? text.dropFirst() : Substring(text)
        guard let kind = rest.first else { throw unknown(text) }
        if kind == "M" || kind == "m" {
            let digits = rest.dropFirst()
            guard digits.hasPrefix("8") else { throw unknown(text) }
            let bracket = digits.dropFirst()
            guard bracket.isEmpty || (bracket.hasPrefix("[") && bracket.hasSuffix("]")) else {
                throw unknown(text)
            }
            let unit = String(bracket.dropFirst().dropLast())
            return kind == "M" ? .datetime(unit: unit, order) : .timedelta(unit: unit, order)
        }
        if kind == "O" { return .object }
        guard let width = Int(rest.dropFirst()), width >= 0 else { throw unknown(text) }
        switch (kind, width) {
        case ("b", 1): return .bool
        case ("i", 1), ("i", 2), ("i", 4), ("i", 8): return .integer(isSigned: true, width: width, order)
        case ("u", 1), ("u", 2), ("u", 4), ("u", 8): return .integer(isSigned: false, width: width, order)
        case ("f", 2), ("f", 4), ("f", 8): return .float(width: width, order)
        case ("c", 8), ("c", 16): return .complex(width: width, order)
        case ("S", _), ("a", _): return .fixedBytes(length: width)
        case ("U", 0...(Int.max / 4)): return .fixedText(length: width, order)
        case ("V", _): return .raw(length: width)
        default: throw unknown(text)
        }
    }

    /// Bytes of one element; nil where the number does not fit.
    private var checkedSize: Int? {
        guard case .structure(let fields) = self else { return size }
        var total = 0
        for field in fields {
            guard var length = field.type.checkedSize else { return nil }
            for extent in field.shape {
                guard let product = length.multiplied(by: extent) else { return nil }
                length = product
            }
            guard let sum = total.adding(length) else { return nil }
            total = sum
        }
        return total
    }
}

extension DataType.Field {
    fileprivate init(v2Name: JSONValue) throws(KerchunkError) {
        guard let parts = v2Name.array, parts.count == 2 || parts.count == 3, let name = parts[0].string
        else {
            throw KerchunkError(
                .malformed,
                "\"\(v2Name.serialized())\" is not a field of a data type; expected a name and a type")
        }
        var shape: [Int] = []
        if parts.count == 3 {
            for extent in parts[2].array ?? [parts[2]] {
                guard let length = extent.number?.uint64.flatMap({ Int(exactly: $0) }) else {
                    throw KerchunkError(
                        .malformed, "\"\(parts[2].serialized())\" is not the shape of a field")
                }
                shape.append(length)
            }
        }
        self.init(name: name, type: try DataType(v2Name: parts[1]), shape: shape)
    }
}

extension ByteOrder {
    /// numpy's mark before a type; single bytes have no order.
    fileprivate func mark(width: Int) -> String {
        width == 1 ? "|" : self == .little ? "<" : ">"
    }
}
