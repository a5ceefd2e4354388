// SPDX-License-Identifier: Apache-2.0
// Elements that are numbers, read, converted as numpy's `astype` converts them, and written.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// The type of plain numbers.
struct NumberType: Hashable {
    enum Kind { case signed, unsigned, real }

    let kind: Kind
    /// Bytes of a number.
    let width: Int
    let isBigEndian: Bool
    let dataType: DataType

    /// nil for other types, and for reals of two bytes.
    init?(_ dataType: DataType) {
        switch dataType {
        case .integer(let isSigned, let width, let order):
            (kind, self.width, isBigEndian) = (isSigned ? .signed : .unsigned, width, order == .big)
        case .float(let width, let order) where width > 2:
            (kind, self.width, isBigEndian) = (.real, width, order == .big)
        default: return nil
        }
        self.dataType = dataType
    }
}

/// Numbers in the widest form that keeps them; `singles` and `doubles` are apart, as arithmetic differs.
enum Numbers {
    case signed([Int64])
    case unsigned([UInt64])
    case singles([Float])
    case doubles([Double])

    /// The numbers in `stored`.
    init(_ stored: Bytes, _ type: NumberType, codec: String) throws(KerchunkError) {
        guard stored.count % type.width == 0 else {
            throw .undecodable(codec, "\(stored.count) bytes are not whole numbers of \(type.width) bytes")
        }
        let bytes = stored.array
        func map<Number>(_ number: (UInt64) -> Number) -> [Number] {
            let width = type.width
            var numbers: [Number] = []
            numbers.reserveCapacity(bytes.count / width)
            for start in stride(from: 0, to: bytes.count, by: width) {
                var bits: UInt64 = 0
                for index in 0..<width {
                    bits = bits << 8 | UInt64(bytes[start + (type.isBigEndian ? index : width - 1 - index)])
                }
                numbers.append(number(bits))
            }
            return numbers
        }
        let unused = UInt64(64 - 8 * type.width)
        switch (type.kind, type.width) {
        case (.signed, _): self = .signed(map { Int64(bitPattern: $0 << unused) >> Int64(unused) })
        case (.unsigned, _): self = .unsigned(map { $0 })
        case (.real, 4): self = .singles(map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
        case (.real, _): self = .doubles(map { Double(bitPattern: $0) })
        }
    }

    /// The numbers as elements of `type`. Integers wrap around, and reals are cut, as in numpy.
    /// - Throws: `malformed` for a real that an integer type cannot hold, which numpy has no rule for.
    func bytes(_ type: NumberType, limit: Int, codec: String) throws(KerchunkError) -> Bytes {
        guard count.multiplied(by: type.width) ?? .max <= limit else { throw .beyond(limit, codec) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * type.width)
        func append(_ bits: UInt64) {
            for index in 0..<type.width {
                let byte = type.isBigEndian ? type.width - 1 - index : index
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte)))
            }
        }
        func appendReal(_ value: Double) {
            append(type.width == 4 ? UInt64(Float(value).bitPattern) : value.bitPattern)
        }
        func appendCut(_ value: Double) throws(KerchunkError) {
            let bits = UInt64(8 * type.width)
            let isSigned = type.kind == .signed
            let lowest = isSigned ? Int64.min >> Int64(64 - bits) : 0
            let highest = isSigned ? UInt64(Int64.max >> Int64(64 - bits)) : UInt64.max >> (64 - bits)
            let cut = value.rounded(.towardZero)
            if let whole = Int64(exactly: cut), whole >= lowest, whole < 0 || UInt64(whole) <= highest {
                return append(UInt64(bitPattern: whole))
            }
            guard let whole = UInt64(exactly: cut), whole <= highest else {
                throw .undecodable(codec, "\(value) is no integer of \(type.width) bytes")
            }
            append(whole)
        }
        switch (self, type.kind) {
        case (.signed(let values), .real) where type.width == 4:
            for value in values { append(UInt64(Float(value).bitPattern)) }
        case (.unsigned(let values), .real) where type.width == 4:
            for value in values { append(UInt64(Float(value).bitPattern)) }
        case (.signed(let values), .real): for value in values { append(Double(value).bitPattern) }
        case (.unsigned(let values), .real): for value in values { append(Double(value).bitPattern) }
        case (.singles(let values), .real) where type.width == 4:
            for value in values { append(UInt64(value.bitPattern)) }
        case (.singles(let values), .real): for value in values { appendReal(Double(value)) }
        case (.doubles(let values), .real): for value in values { appendReal(value) }
        case (.signed(let values), _): for value in values { append(UInt64(bitPattern: value)) }
        case (.unsigned(let values), _): for value in values { append(value) }
        case (.singles(let values), _): for value in values { try appendCut(Double(value)) }
        case (.doubles(let values), _): for value in values { try appendCut(value) }
        }
        return Bytes(bytes)
    }

    var count: Int {
        switch self {
        case .signed(let values): values.count
        case .unsigned(let values): values.count
        case .singles(let values): values.count
        case .doubles(let values): values.count
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
                "codec \"\(id)\" with \"\(name)\" \"\(text)\" is not supported; numcodecs decodes it")
        }
        return type
    }
}
