// SPDX-License-Identifier: Apache-2.0
// The text of references that does not change from chunk to chunk.

import KerchunkBytes
import KerchunkModel

/// For each source the text between a chunk's key and its offset, escaped once.
struct SourcePieces {
    /// All pieces behind each other.
    private(set) var text: [UInt8] = []
    private var ends: [Int] = []
    /// Between offset and length.
    let separator: [UInt8]
    /// Behind the length.
    let end: [UInt8]

    /// - Parameters:
    ///   - suffix: what of the key follows the moving index.
    init(_ sources: SourceTable, keySuffix suffix: [UInt8], isPretty: Bool) {
        let space = isPretty ? " " : ""
        separator = Array(("," + space).utf8)
        end = Array("]".utf8)
        for source in sources.sources {
            var writer = JSONWriter()
            writer.text = text
            writer.text += suffix
            writer.text += Array(("\":" + space + "[").utf8)
            writer.writeString(source.url.utf8)
            writer.text += Array(("," + space).utf8)
            text = writer.text
            ends.append(text.count)
        }
    }

    /// Where in `text` the piece of `source` lies.
    @inline(__always)
    subscript(source: SourceIndex) -> Range<Int> {
        let row = Int(source.row)
        return (row == 0 ? 0 : ends[row - 1])..<ends[row]
    }
}
