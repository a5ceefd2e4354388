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
                "values of the type \(type.v2Name.serialized()) cannot be put in order; give the coordinate by a selector"
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
            throw KerchunkError(.malformed, "\(bytes.count) bytes are no whole number of elements")
        }
        var keys: [CoordinateKey] = []
        keys.reserveCapacity(bytes.count / width)
        for start in stride(from: 0, to: bytes.count, by: width) { keys.append(try key(bytes, start)) }
        return keys
    }

    private func key(_ bytes: Bytes, _ start: Int) throws(KerchunkError) -> CoordinateKey {
        switch type {
        case .bool: return .integer(bytes[start] == 0 ? 0 : 1)
        case .integer(let isSigned, let width, let order):
            let bits = Self.bits(bytes, start, width, order)
            guard isSigned else {
                guard let value = Int64(exactly: bits) else {
                    throw KerchunkError(.unsupported, "the value \(bits) is larger than 2^63 - 1")
                }
                return .integer(value)
            }
            let shift = UInt64(64 - 8 * width)
            return .integer(Int64(bitPattern: bits << shift) >> Int64(shift))
        case .float(let width, let order):
            let bits = Self.bits(bytes, start, width, order)
            switch width {
            case 2: return .real(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
            case 4: return .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
            default: return .real(Double(bitPattern: bits))
            }
        case .datetime(_, let order), .timedelta(_, let order):
            return .integer(Int64(bitPattern: Self.bits(bytes, start, 8, order)))
        case .fixedBytes(let length):
            var end = start + length
            while end > start, bytes[end - 1] == 0 { end -= 1 }
            guard let text = bytes[start..<end].utf8Text else {
                throw KerchunkError(.unsupported, "it holds bytes that are no text in UTF-8")
            }
            return .text(text)
        case .fixedText(let length, let order):
            var text = String.UnicodeScalarView()
            for index in 0..<length {
                let code = UInt32(truncatingIfNeeded: Self.bits(bytes, start + 4 * index, 4, order))
                guard let scalar = Unicode.Scalar(code) else {
                    throw KerchunkError(.malformed, "\(code) is no Unicode character")
                }
                text.append(scalar)
            }
            while text.last == "\0" { text.removeLast() }
            return .text(String(text))
        default: throw KerchunkError(.unsupported, "the type has no elements of a fixed size")
        }
    }

    private static func bits(_ bytes: Bytes, _ start: Int, _ width: Int, _ order: ByteOrder) -> UInt64 {
        var bits: UInt64 = 0
        for index in 0..<width {
            bits = bits << 8 | UInt64(bytes[order == .big ? start + index : start + width - 1 - index])
        }
        return bits
    }

    /// `keys` as elements of the type.
    /// - Parameter isRounding: whether reals may lose digits.
    /// - Returns: nil where one of them is not exactly a value of the type.
    func elements(_ keys: [CoordinateKey], isRounding: Bool = false) -> Bytes? {
        if type == .text {
            let texts = keys.compactMap { if case .text(let text) = $0 { text } else { nil } }
            return texts.count == keys.count ? try? TextContainer.bytes(of: texts) : nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(keys.count * type.size)
        for key in keys where !append(key, isRounding, to: &bytes) { return nil }
        return Bytes(bytes)
    }

    private func append(_ key: CoordinateKey, _ isRounding: Bool, to bytes: inout [UInt8]) -> Bool {
        switch type {
        case .bool:
            guard let value = Self.whole(key), value == 0 || value == 1 else { return false }
            bytes.append(UInt8(value))
        case .integer(let isSigned, let width, let order):
            guard let value = Self.whole(key) else { return false }
            let bits = UInt64(width * 8)
            let fits =
                isSigned
                ? bits == 64 || (-(Int64(1) << Int64(bits - 1))..<Int64(1) << Int64(bits - 1)).contains(value)
                : value >= 0 && (bits == 64 || value < Int64(1) << Int64(bits))
            guard fits else { return false }
            Self.append(UInt64(bitPattern: value), width, order, to: &bytes)
        case .float(let width, let order):
            guard let value = key.double else { return false }
            if case .integer(let whole) = key, Int64(exactly: value) != whole { return false }
            switch width {
            case 2:
                let narrow = Float16(value)
                guard isRounding || Double(narrow) == value || value.isNaN else { return false }
                Self.append(UInt64(narrow.bitPattern), 2, order, to: &bytes)
            case 4:
                let narrow = Float(value)
                guard isRounding || Double(narrow) == value || value.isNaN else { return false }
                Self.append(UInt64(narrow.bitPattern), 4, order, to: &bytes)
            default: Self.append(value.bitPattern, 8, order, to: &bytes)
            }
        case .datetime(_, let order), .timedelta(_, let order):
            guard let value = Self.whole(key) else { return false }
            Self.append(UInt64(bitPattern: value), 8, order, to: &bytes)
        case .fixedBytes(let length):
            guard case .text(let text) = key, text.utf8.count <= length else { return false }
            bytes += Array(text.utf8) + [UInt8](repeating: 0, count: length - text.utf8.count)
        case .fixedText(let length, let order):
            guard case .text(let text) = key, text.unicodeScalars.count <= length else { return false }
            for scalar in text.unicodeScalars { Self.append(UInt64(scalar.value), 4, order, to: &bytes) }
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

    private static func append(_ bits: UInt64, _ width: Int, _ order: ByteOrder, to bytes: inout [UInt8]) {
        for index in 0..<width {
            let shift = UInt64(8 * (order == .little ? index : width - 1 - index))
            bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
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
