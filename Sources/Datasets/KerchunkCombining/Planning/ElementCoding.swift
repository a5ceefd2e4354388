// SPDX-License-Identifier: Apache-2.0
// Elements of arrays as coordinate keys, and back.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// Reads and writes the elements of one data type, exactly.
struct ElementCoding {
    let type: DataType

    /// - Throws: for types that have no order, such as complex numbers.
    init(_ type: DataType) throws(KerchunkError) {
        switch type {
        case .bool, .integer, .float, .datetime, .timedelta, .fixedBytes, .fixedText, .text: self.type = type
        default:
            throw KerchunkError(
                .unsupported,
                "values of dtype \(type.v2Name.serialized()) cannot be ordered; give the coordinate with a selector"
            )
        }
    }

    /// Whether the elements are texts.
    var isText: Bool {
        switch type {
        case .fixedBytes, .fixedText, .text: true
        default: false
        }
    }

    /// The elements of `bytes`, in the byte order of the type; texts of any length in their container.
    func keys(_ bytes: Bytes) throws(KerchunkError) -> [CoordinateKey] {
        if type == .text { return try TextContainer.texts(in: bytes).map { .text($0) } }
        let width = type.size
        guard width > 0, bytes.count % width == 0 else {
            throw KerchunkError(.malformed, "\(bytes.count) bytes are not a whole number of elements")
        }
        if type == .bool { return bytes.array.map { .integer($0 == 0 ? 0 : 1) } }
        guard let format = NumberFormat(type) else {
            var keys: [CoordinateKey] = []
            keys.reserveCapacity(bytes.count / width)
            for start in stride(from: 0, to: bytes.count, by: width) {
                keys.append(.text(try text(bytes, start)))
            }
            return keys
        }
        let reader = ElementReader(format)
        switch format.kind {
        case .signed: return reader.map(bytes) { .integer(format.signed($0)) }
        case .real: return reader.map(bytes) { .real(format.real($0)) }
        case .unsigned:
            let values = reader.bits(bytes)
            if let value = values.first(where: { Int64(exactly: $0) == nil }) {
                throw KerchunkError(.unsupported, "the value \(value) is larger than 2^63 - 1")
            }
            return values.map { .integer(Int64($0)) }
        }
    }

    private func text(_ bytes: Bytes, _ start: Int) throws(KerchunkError) -> String {
        switch type {
        case .fixedBytes(let length):
            var end = start + length
            while end > start, bytes[end - 1] == 0 { end -= 1 }
            guard let text = bytes[start..<end].utf8Text else {
                throw KerchunkError(.unsupported, "it contains bytes that are not UTF-8")
            }
            return text
        case .fixedText(let length, let order):
            var text = String.UnicodeScalarView()
            for index in 0..<length {
                let place = start + 4 * index
                let code = UInt32(truncatingIfNeeded: bytes.bits(place..<place + 4, order))
                guard let scalar = Unicode.Scalar(code) else {
                    throw KerchunkError(.malformed, "\(code) is not a Unicode character")
                }
                text.append(scalar)
            }
            while text.last == "\0" { text.removeLast() }
            return String(text)
        default: throw KerchunkError(.unsupported, "the dtype has no fixed element size")
        }
    }

    /// `keys` as elements of the type.
    /// - Parameter isRounding: whether reals may lose digits.
    /// - Returns: nil where one of them is not exactly a value of the type.
    func elements(_ keys: [CoordinateKey], isRounding: Bool = false) -> Bytes? {
        if type == .text {
            let texts = keys.compactMap { if case .text(let text) = $0 { text } else { nil } }
            return texts.count == keys.count ? try? TextContainer.bytes(of: texts) : nil
        }
        if type == .bool {
            let values = keys.compactMap { Self.whole($0) }
            guard values.count == keys.count, values.allSatisfy({ $0 == 0 || $0 == 1 }) else { return nil }
            return Bytes(values.map { UInt8($0) })
        }
        guard let format = NumberFormat(type) else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(keys.count * type.size)
            for key in keys where !append(key, to: &bytes) { return nil }
            return Bytes(bytes)
        }
        var numbers: [UInt64] = []
        numbers.reserveCapacity(keys.count)
        for key in keys {
            guard let bits = Self.bits(key, format, isRounding) else { return nil }
            numbers.append(bits)
        }
        return ElementWriter(format).bytes(numbers)
    }

    private static func bits(_ key: CoordinateKey, _ format: NumberFormat, _ isRounding: Bool) -> UInt64? {
        guard format.kind == .real else { return whole(key).flatMap { format.bits(exactly: $0) } }
        guard let value = key.double else { return nil }
        if case .integer(let whole) = key, Int64(exactly: value) != whole { return nil }
        return isRounding ? format.bits(nearest: value) : format.bits(exactly: value)
    }

    private func append(_ key: CoordinateKey, to bytes: inout [UInt8]) -> Bool {
        switch type {
        case .fixedBytes(let length):
            guard case .text(let text) = key, text.utf8.count <= length else { return false }
            bytes += Array(text.utf8) + [UInt8](repeating: 0, count: length - text.utf8.count)
        case .fixedText(let length, let order):
            guard case .text(let text) = key, text.unicodeScalars.count <= length else { return false }
            for scalar in text.unicodeScalars { bytes.append(UInt64(scalar.value), width: 4, order) }
            bytes += [UInt8](repeating: 0, count: 4 * (length - text.unicodeScalars.count))
        default: return false
        }
        return true
    }

    private static func whole(_ key: CoordinateKey) -> Int64? {
        switch key {
        case .integer(let value): value
        case .real(let value): Int64(exactly: value)
        case .text: nil
        }
    }

    /// The smallest of the common types that holds all `keys`: 64-bit numbers, or texts as long as the longest.
    /// - Parameter old: a type that was too short for them; texts stay of its kind.
    static func type(for keys: [CoordinateKey], like old: DataType? = nil) -> DataType {
        var isWhole = true
        var length = 1
        var byteLength = 1
        var isText = false
        for key in keys {
            switch key {
            case .integer: break
            case .real: isWhole = false
            case .text(let text):
                isText = true
                length = max(length, text.unicodeScalars.count)
                byteLength = max(byteLength, text.utf8.count)
            }
        }
        if isText, case .fixedBytes? = old { return .fixedBytes(length: byteLength) }
        if isText, old == .text { return .text }
        if isText { return .fixedText(length: length, .little) }
        return isWhole ? .integer(isSigned: true, width: 8, .little) : .float(width: 8, .little)
    }
}
