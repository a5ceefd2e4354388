// SPDX-License-Identifier: Apache-2.0
// Bytes as pairs of hexadecimal digits.

extension Bytes {
    /// Two lower-case digits a byte.
    package var hexadecimal: String {
        String(
            decoding: array.flatMap { [hexadecimalDigit($0 >> 4), hexadecimalDigit($0 & 15)] }, as: UTF8.self)
    }

    /// Nil where `text` is not all pairs of digits, of either case.
    package init?(hexadecimal text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count % 2 == 0 else { return nil }
        self.init(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}

/// The lower-case digit of `value`, which is below 16.
func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
