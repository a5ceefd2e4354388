// SPDX-License-Identifier: Apache-2.0
// Fill values as JSON, in Zarr v2 and v3 alike.
// Spec: Zarr v2, "Fill value encoding"; Zarr v3, "Fill value", and zarr-extensions, "data-types".

public import KerchunkBytes

extension FillValue {
    /// The value as metadata writes it: numbers exact, reals without a number as words, bytes in base64.
    public func json(for type: DataType) -> JSONValue {
        switch self {
        case .none: return .null
        case .text(let text): return .string(text)
        case .element(let bytes):
            guard bytes.count == type.size else { return .null }
            return elementJSON(bytes, type)
        }
    }

    private func elementJSON(_ bytes: Bytes, _ type: DataType) -> JSONValue {
        switch type {
        case .bool: return .bool(bytes[0] != 0)
        case .integer, .float, .datetime, .timedelta:
            return NumberFormat(type).map { numberJSON(bytes, $0) } ?? .null
        case .complex(let width, let order):
            guard let format = NumberFormat(.real, width: width / 2, order) else { return .null }
            return .array([
                numberJSON(bytes[0..<format.width], format), numberJSON(bytes[format.width..<width], format),
            ])
        case .fixedText(let length, let order):
            var text = ""
            for index in 0..<length {
                let code = UInt32(truncatingIfNeeded: bytes.bits(4 * index..<4 * index + 4, order))
                text.unicodeScalars.append(Unicode.Scalar(code) ?? "\u{FFFD}")
            }
            while text.unicodeScalars.last == "\0" { text.unicodeScalars.removeLast() }
            return .string(text)
        case .fixedBytes, .raw, .structure: return .string(base64(bytes))
        case .text, .object: return .null
        }
    }

    private func numberJSON(_ bytes: Bytes, _ format: NumberFormat) -> JSONValue {
        let bits = bytes.bits(0..<format.width, format.order)
        switch format.kind {
        case .signed: return .integer(format.signed(bits))
        case .unsigned: return .integer(bits)
        case .real:
            let value = format.real(bits)
            if value.isNaN { return "NaN" }
            if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
            return .real(value)
        }
    }
}
