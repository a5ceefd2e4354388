// SPDX-License-Identifier: Apache-2.0
// Extended headers of TAR archives.
// Spec: POSIX.1-2017, pax, "pax Extended Header"; GNU tar manual 1.34, "Storing Sparse Files".

import KerchunkBytes

/// What extended headers say that matters here; later records replace earlier ones.
struct PaxRecords {
    var path: [UInt8]?
    var linkPath: [UInt8]?
    var size: UInt64?
    var isSparse = false

    init() {}

    /// Adds the records of `bytes`: `LENGTH KEY=VALUE\n`, the length counting all of it.
    mutating func add(_ bytes: Bytes, at offset: UInt64) throws(ParseError) {
        let text = bytes.array
        var position = 0
        // NULs pad the block of some writers.
        while position < text.count, text[position] != 0 {
            func wrong(_ problem: String) -> ParseError {
                ParseError(problem, in: "pax record", at: offset + UInt64(position))
            }
            guard let blank = text[position...].prefix(21).firstIndex(of: UInt8(ascii: " ")),
                let length = decimal(text[position..<blank])
            else { throw wrong("its length is not a number") }
            guard length <= UInt64(text.count - position) else {
                throw wrong("\(length) bytes, but \(text.count - position) are left")
            }
            let end = position + Int(length)
            guard end > blank + 1, text[end - 1] == UInt8(ascii: "\n"),
                let mark = text[(blank + 1)..<(end - 1)].firstIndex(of: UInt8(ascii: "="))
            else { throw wrong("it is not KEY=VALUE followed by a newline") }
            let key = String(decoding: text[(blank + 1)..<mark], as: UTF8.self)
            let value = Array(text[(mark + 1)..<(end - 1)])
            switch key {
            case "path", "GNU.sparse.name": path = value
            case "linkpath": linkPath = value
            case "size":
                guard let number = decimal(value[...]) else { throw wrong("the size is not a number") }
                size = number
            default: break
            }
            if key.hasPrefix("GNU.sparse.") || key == "SCHILY.realsize" { isSparse = true }
            position = end
        }
    }

    /// A decimal number of 1 to 20 digits; nil where it is none, or does not fit into 64 bits.
    private func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= 20 else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte),
                let next = value.multiplied(by: 10)?.adding(UInt64(byte - UInt8(ascii: "0")))
            else { return nil }
            value = next
        }
        return value
    }
}
