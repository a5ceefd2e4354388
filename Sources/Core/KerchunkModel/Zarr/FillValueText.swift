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
        case .integer(let isSigned, let width, let order):
            let bits = bytes.bits(0..<width, order)
            return isSigned ? .integer(signed(bits, width: width)) : .integer(bits)
        case .float(let width, let order): return realJSON(bytes.bits(0..<width, order), width: width)
        case .complex(let width, let order):
            let half = width / 2
            return .array([
                realJSON(bytes.bits(0..<half, order), width: half),
                realJSON(bytes.bits(half..<width, order), width: half),
            ])
        case .datetime(_, let order), .timedelta(_, let order):
            return .integer(signed(bytes.bits(0..<8, order), width: 8))
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

    private func signed(_ bits: UInt64, width: Int) -> Int64 {
        let unused = UInt64(64 - 8 * width)
        return Int64(bitPattern: bits << unused) >> Int64(unused)
    }

    private func realJSON(_ bits: UInt64, width: Int) -> JSONValue {
        let value = real(bits, width: width)
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return .real(value)
    }

    private func real(_ bits: UInt64, width: Int) -> Double {
        switch width {
        case 2: Double(Float(halfPrecision: UInt16(truncatingIfNeeded: bits)))
        case 4: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        default: Double(bitPattern: bits)
        }
    }
}

extension Float {
    /// The value of 16 bits of IEEE 754 binary16. Our own, because `Float16` is not on every platform.
    init(halfPrecision bits: UInt16) {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 31)
        let fraction = Float(bits & 0x3FF)
        switch exponent {
        case 0: self = sign * fraction * 0x1p-24
        case 31: self = fraction == 0 ? sign * .infinity : .nan
        default: self = sign * (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
        }
    }
}

extension Bytes {
    /// The unsigned integer in `range`, at most 8 bytes.
    func bits(_ range: Range<Int>, _ order: ByteOrder) -> UInt64 {
        var value: UInt64 = 0
        for index in range {
            let byte = UInt64(self[order == .big ? index : range.upperBound - 1 - (index - range.lowerBound)])
            value = value << 8 | byte
        }
        return value
    }
}
