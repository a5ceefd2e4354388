// SPDX-License-Identifier: Apache-2.0
// Fill values from JSON: the reverse of FillValueText.
// Spec: Zarr v2, "Fill value encoding"; Zarr v3, "Fill value".

public import KerchunkBytes

extension FillValue {
    /// The value that `json` stands for in an array of `type`.
    public init(json: JSONValue, for type: DataType) throws(KerchunkError) {
        if json.isNull {
            self = .none
            return
        }
        if type.isObject {
            // Codecs such as vlen-array have 0 here, which stands for "nothing".
            self = json.string.map { .text($0) } ?? .none
            return
        }
        guard let element = Self.element(json, type), element.count == type.size else {
            throw KerchunkError(
                .malformed, "\"\(json.serialized())\" is not a fill value of type \(type.v2Name.serialized())"
            )
        }
        self = .element(Bytes(element))
    }

    private static func element(_ json: JSONValue, _ type: DataType) -> [UInt8]? {
        switch type {
        case .bool:
            if let value = json.bool { return [value ? 1 : 0] }
            return json.number.map { [$0.double == 0 ? 0 : 1] }
        case .integer(let isSigned, let width, let order):
            guard let bits = integerBits(json, isSigned: isSigned, width: width) else { return nil }
            return bytes(bits, width: width, order)
        case .float(let width, let order):
            return realBits(json, width: width).map { bytes($0, width: width, order) }
        case .complex(let width, let order):
            let parts = json.array ?? [json, 0]
            guard parts.count == 2, let real = realBits(parts[0], width: width / 2),
                let imaginary = realBits(parts[1], width: width / 2)
            else { return nil }
            return bytes(real, width: width / 2, order) + bytes(imaginary, width: width / 2, order)
        case .datetime(_, let order), .timedelta(_, let order):
            if json.string == "NaT" { return bytes(1 << 63, width: 8, order) }
            return integerBits(json, isSigned: true, width: 8).map { bytes($0, width: 8, order) }
        case .fixedText(let length, let order):
            guard let text = json.string ?? (json.number?.double == 0 ? "" : nil),
                text.unicodeScalars.count <= length
            else { return nil }
            let codes = text.unicodeScalars.map { UInt64($0.value) }
            return (codes + Array(repeating: 0, count: length - codes.count)).flatMap {
                bytes($0, width: 4, order)
            }
        case .fixedBytes(let length), .raw(let length): return padded(json, length)
        case .structure: return padded(json, type.size)
        case .text, .object: return nil
        }
    }

    /// Bytes in base64, or 0, or, as older writers have it, an empty text.
    private static func padded(_ json: JSONValue, _ length: Int) -> [UInt8]? {
        if let number = json.number { return number.double == 0 ? Array(repeating: 0, count: length) : nil }
        guard let decoded = json.string.flatMap({ decodeBase64(Array($0.utf8)) }), decoded.count <= length
        else {
            return nil
        }
        return decoded.array + Array(repeating: 0, count: length - decoded.count)
    }

    private static func integerBits(_ json: JSONValue, isSigned: Bool, width: Int) -> UInt64? {
        let bitCount = UInt64(8 * width)
        switch json.number {
        case .integer(let value):
            if !isSigned { return value >= 0 && (width == 8 || value >> bitCount == 0) ? UInt64(value) : nil }
            let limit = Int64.max >> Int64(64 - bitCount)
            return value >= -limit - 1 && value <= limit ? UInt64(bitPattern: value) : nil
        case .unsigned(let value): return !isSigned && width == 8 ? value : nil
        case .real(let value):
            // numpy takes 0.0 for an integer's fill value.
            guard let whole = Int64(exactly: value) else { return nil }
            return integerBits(.integer(whole), isSigned: isSigned, width: width)
        case .literal, nil: return nil
        }
    }

    private static func realBits(_ json: JSONValue, width: Int) -> UInt64? {
        guard let value = json.realOrWord else {
            // Zarr v3 also allows the bits themselves: "0x7fc00000".
            guard let text = json.string, text.hasPrefix("0x"), text.utf8.count == 2 + 2 * width else {
                return nil
            }
            return UInt64(text.dropFirst(2), radix: 16)
        }
        switch width {
        case 2: return UInt64(halfPrecisionBits(value))
        case 4: return UInt64(Float(value).bitPattern)
        default: return value.bitPattern
        }
    }

    /// IEEE 754 binary16 of `value`, rounded to nearest even.
    package static func halfPrecisionBits(_ value: Double) -> UInt16 {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        if value.isNaN { return sign | 0x7E00 }
        let magnitude = value.magnitude
        if magnitude >= 65520 { return sign | 0x7C00 }
        if magnitude < 0x1p-14 { return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven)) }
        let exponent = Int(magnitude.exponent)
        let fraction = (magnitude / Double(sign: .plus, exponent: exponent - 10, significand: 1))
            .rounded(.toNearestOrEven)
        // A fraction that rounds up to 2048 carries into the exponent, which is right.
        return sign | UInt16((exponent + 14) << 10) + UInt16(fraction)
    }

    private static func bytes(_ bits: UInt64, width: Int, _ order: ByteOrder) -> [UInt8] {
        let little = (0..<width).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
        return order == .little ? little : little.reversed()
    }
}

extension JSONValue {
    /// A number, or one of the words that stand for what JSON has no number for.
    var realOrWord: Double? {
        switch self {
        case .number(let number): number.double
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }
}
