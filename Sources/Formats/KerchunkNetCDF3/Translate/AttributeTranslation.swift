// SPDX-License-Identifier: Apache-2.0
// Attributes as JSON, by the rules that hold for netCDF-4: one element as itself, more as a list, none as an empty list,
// text as text.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// Turns lists of attributes into those of Zarr nodes.
struct AttributeTranslator {
    /// Numbers of one attribute that are taken into metadata.
    static let largestCount = 1 << 20
    /// Numbers of all attributes together that still are.
    private var budget = 4 << 20

    mutating func translate(
        _ attributes: [Header.Attribute]
    ) -> (attributes: JSONObject, remarks: [Remark]) {
        var result = JSONObject()
        var remarks: [Remark] = []
        for attribute in attributes {
            let name = attribute.name.string
            func note(_ text: String) { remarks.append(Remark(text)) }
            if result[name] != nil {
                note("a second attribute \"\(name)\" is left out")
                continue
            }
            if !attribute.name.isUTF8 {
                note("the name of attribute \"\(name)\" is not UTF-8; its bytes are shown as Latin-1")
            }
            if attribute.type == .char {
                let (text, isUTF8) = attribute.text
                if !isUTF8 { note("attribute \"\(name)\" is not UTF-8; its bytes are shown as Latin-1") }
                result[name] = .string(text)
                continue
            }
            guard attribute.count <= min(Self.largestCount, budget) else {
                note("attribute \"\(name)\" is left out: it has \(attribute.count) numbers")
                continue
            }
            budget -= attribute.count
            let numbers = attribute.numbers
            result[name] = numbers.count == 1 ? numbers[0] : .array(numbers)
        }
        return (result, remarks)
    }
}

extension Header.Attribute {
    /// The characters; NULs, which some writers end or pad text with, are no part of it.
    var text: (text: String, isUTF8: Bool) { decodeText(values.array.filter { $0 != 0 }) }

    /// The elements, of any type but `char`.
    var numbers: [JSONValue] {
        let read = try? values.parse(at: 0, in: "attribute") { cursor throws(ParseError) in
            var numbers: [JSONValue] = []
            numbers.reserveCapacity(count)
            for _ in 0..<count { numbers.append(try cursor.number(type)) }
            return numbers
        }
        // There are exactly as many bytes as `count` elements take.
        return read ?? []
    }
}

extension ByteCursor {
    /// One big-endian element.
    fileprivate mutating func number(_ type: ElementType) throws(ParseError) -> JSONValue {
        switch type {
        case .byte: .integer(Int8(bitPattern: try uint8()))
        case .char, .unsignedByte: .integer(try uint8())
        case .short: .integer(Int16(bitPattern: try uint16BigEndian()))
        case .unsignedShort: .integer(try uint16BigEndian())
        case .int: .integer(Int32(bitPattern: try uint32BigEndian()))
        case .unsignedInt: .integer(try uint32BigEndian())
        case .int64: .integer(Int64(bitPattern: try uint64BigEndian()))
        case .unsignedInt64: .integer(try uint64BigEndian())
        case .float: .real(Double(Float(bitPattern: try uint32BigEndian())))
        case .double: .real(Double(bitPattern: try uint64BigEndian()))
        }
    }
}
