// SPDX-License-Identifier: Apache-2.0
// The text of references that does not change from chunk to chunk.

import KerchunkBytes
import KerchunkModel

/// For each source the text between a chunk's key and its offset, escaped once.
struct SourcePieces {
    /// All pieces behind each other, padded by a block.
    private(set) var text: [UInt8] = []
    private var ends: [Int] = []
    /// The text between a chunk's key and its embedded bytes, padded by a block.
    let inline: [UInt8]
    let isPretty: Bool

    /// - Parameters:
    ///   - suffix: what of the key follows the moving index.
    init(_ sources: SourceTable, keySuffix suffix: [UInt8], isPretty: Bool) {
        self.isPretty = isPretty
        let padding = [UInt8](repeating: 0, count: paddedBlock)
        inline = suffix + Array((isPretty ? "\": \"" : "\":\"").utf8) + padding
        var writer = JSONWriter()
        for source in sources.sources {
            writer.text += suffix
            writer.append(isPretty ? "\": [" : "\":[")
            writer.writeString(source.url.utf8)
            writer.append(isPretty ? ", " : ",")
            ends.append(writer.text.count)
        }
        text = writer.text + padding
    }

    /// Where in `text` the piece of `source` lies.
    @inline(__always)
    subscript(source: SourceIndex) -> Range<Int> {
        let row = Int(source.row)
        return (row == 0 ? 0 : ends[row - 1])..<ends[row]
    }
}
