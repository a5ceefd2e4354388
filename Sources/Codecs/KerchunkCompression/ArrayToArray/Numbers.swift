// SPDX-License-Identifier: Apache-2.0
// Elements that are numbers, read, converted as numpy's `astype` converts them, and written.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// The type of plain numbers.
struct NumberType: Hashable {
    let format: NumberFormat
    let dataType: DataType

    var kind: NumberFormat.Kind { format.kind }

    /// nil for other types, and for reals of two bytes.
    init?(_ dataType: DataType) {
        switch dataType {
        case .integer, .float:
            guard let format = NumberFormat(dataType), format.kind != .real || format.width > 2 else {
                return nil
            }
            self.format = format
        default: return nil
        }
        self.dataType = dataType
    }
}

/// `singles` and `doubles` are apart, as arithmetic differs.
typealias Numbers = ElementNumbers

extension ElementNumbers {
    /// The numbers in `stored`.
    init(_ stored: Bytes, _ type: NumberType, codec: String) throws(KerchunkError) {
        let width = type.format.width
        guard stored.count % width == 0 else {
            throw .undecodable(codec, "\(stored.count) bytes are not a multiple of \(width) bytes")
        }
        self = ElementReader(type.format).numbers(stored)
    }

    /// The numbers as elements of `type`. Integers wrap around, and reals are cut, as in numpy.
    /// - Throws: `malformed` for a real that an integer type cannot hold, which numpy has no rule for.
    func bytes(_ type: NumberType, limit: Int, codec: String) throws(KerchunkError) -> Bytes {
        let format = type.format
        guard count.multiplied(by: format.width) ?? .max <= limit else { throw .beyond(limit, codec) }
        let writer = ElementWriter(format)
        func cut(_ value: Double) throws(KerchunkError) -> UInt64 {
            let unused = UInt64(64 - 8 * format.width)
            let isSigned = format.kind == .signed
            let lowest = isSigned ? Int64.min >> Int64(unused) : 0
            let highest = isSigned ? UInt64(Int64.max >> Int64(unused)) : UInt64.max >> unused
            let cut = value.rounded(.towardZero)
            if let whole = Int64(exactly: cut), whole >= lowest, whole < 0 || UInt64(whole) <= highest {
                return UInt64(bitPattern: whole)
            }
            guard let whole = UInt64(exactly: cut), whole <= highest else {
                throw .undecodable(codec, "\(value) does not fit into an integer of \(format.width) bytes")
            }
            return whole
        }
        switch (self, type.kind) {
        // Integers are rounded once, as two roundings may differ from one.
        case (.signed(let values), .real) where format.width == 4:
            return writer.bytes(values) { UInt64(Float($0).bitPattern) }
        case (.unsigned(let values), .real) where format.width == 4:
            return writer.bytes(values) { UInt64(Float($0).bitPattern) }
        case (.signed(let values), .real): return writer.bytes(values) { Double($0).bitPattern }
        case (.unsigned(let values), .real): return writer.bytes(values) { Double($0).bitPattern }
        case (.singles(let values), .real) where format.width == 4:
            return writer.bytes(values) { UInt64($0.bitPattern) }
        case (.singles(let values), .real): return writer.bytes(values) { Double($0).bitPattern }
        case (.doubles(let values), .real): return writer.bytes(values) { format.bits(nearest: $0) }
        case (.signed(let values), _): return writer.bytes(values) { UInt64(bitPattern: $0) }
        case (.unsigned(let values), _): return writer.bytes(values)
        case (.singles(let values), _):
            return try writer.bytes(values) { (value) throws(KerchunkError) in try cut(Double(value)) }
        case (.doubles(let values), _):
            return try writer.bytes(values) { (value) throws(KerchunkError) in try cut(value) }
        }
    }
}

extension CodecSettings {
    /// The type of numbers that a member names as numpy does: `<i2`.
    /// - Parameter standard: the type where the member is absent; nil makes it obligatory.
    func numberType(_ name: String, else standard: NumberType? = nil) throws(KerchunkError) -> NumberType {
        guard let text = try optionalText(name) else {
            guard let standard else { throw error("needs \"\(name)\"") }
            return standard
        }
        guard let type = NumberType(try DataType(v2Name: .string(text))) else {
            throw KerchunkError(
                .unsupported,
                "codec \"\(id)\" with \"\(name)\" \"\(text)\" is not supported here; numcodecs can decode it")
        }
        return type
    }
}
