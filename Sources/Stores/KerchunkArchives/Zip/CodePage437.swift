// SPDX-License-Identifier: Apache-2.0
// Names of ZIP archives that are not said to be UTF-8.
// Spec: PKWARE APPNOTE 6.3.10, appendix D: IBM code page 437.

enum CodePage437 {
    /// Bytes 128 to 255.
    private static let upper = Array(
        ("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
            + "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}").unicodeScalars)

    static func text(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            text.unicodeScalars.append(byte < 128 ? Unicode.Scalar(byte) : upper[Int(byte) - 128])
        }
        return text
    }
}
