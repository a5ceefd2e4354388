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
                .malformed,
                "\"\(json.serialized())\" is not a fill value of dtype \(type.v2Name.serialized())"
            )
        }
        self = .element(Bytes(element))
    }

    private static func element(_ json: JSONValue, _ type: DataType) -> [UInt8]? {
        switch type {
        case .bool:
            if let value = json.bool { return [value ? 1 : 0] }
            return json.number.map { [$0.double == 0 ? 0 : 1] }
        case .integer, .datetime, .timedelta:
            guard let format = NumberFormat(type) else { return nil }
            if type.isTime, json.string == "NaT" { return format.element(1 << 63) }
            return json.number.flatMap { format.bits(exactly: $0) }.map { format.element($0) }
        case .float(let width, let order): return real(json, NumberFormat(.real, width: width, order))
        case .complex(let width, let order):
            let parts = json.array ?? [json, 0]
            let format = NumberFormat(.real, width: width / 2, order)
            guard parts.count == 2, let real = real(parts[0], format),
                let imaginary = self.real(parts[1], format)
            else { return nil }
            return real + imaginary
        case .fixedText(let length, let order):
            guard let text = json.string ?? (json.number?.double == 0 ? "" : nil),
                text.unicodeScalars.count <= length
            else { return nil }
            var characters: [UInt8] = []
            for scalar in text.unicodeScalars { characters.append(UInt64(scalar.value), width: 4, order) }
            return characters + Array(repeating: 0, count: 4 * length - characters.count)
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

    private static func real(_ json: JSONValue, _ format: NumberFormat?) -> [UInt8]? {
        guard let format else { return nil }
        if let value = json.realOrWord { return format.element(format.bits(nearest: value)) }
        // Zarr v3 also allows the bits themselves: "0x7fc00000".
        guard let text = json.string, text.hasPrefix("0x"), text.utf8.count == 2 + 2 * format.width else {
            return nil
        }
        return UInt64(text.dropFirst(2), radix: 16).map { format.element($0) }
    }
}

extension DataType {
    fileprivate var isTime: Bool {
        switch self {
        case .datetime, .timedelta: true
        default: false
        }
    }
}

extension JSONValue {
    /// A number, or one of the words that stand for what JSON has no number for.
    package var realOrWord: Double? {
        switch self {
        case .number(let number): number.double
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }
}
