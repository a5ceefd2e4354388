// SPDX-License-Identifier: Apache-2.0
// Decode: the header of a toy file, 16 bytes: "TOY1", rows and columns as 32 bits, 4 bytes of name. Numbers follow, row by row.

import KerchunkBytes

struct ToyHeader {
    static let signature = Array("TOY1".utf8)
    static let size: UInt64 = 16

    let rows: UInt64
    let columns: UInt64
    let name: FileText

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("toy header")
        try cursor.expect("TOY1")
        rows = UInt64(try cursor.uint32())
        columns = UInt64(try cursor.uint32())
        let bytes = try cursor.bytes(4)
        name = FileText(decodeText(bytes).text)
        guard bytes.allSatisfy({ (0x61...0x7A).contains($0) }) else {
            throw cursor.error("the name is not four small letters")
        }
    }
}
