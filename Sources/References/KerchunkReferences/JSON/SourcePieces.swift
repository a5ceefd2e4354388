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
    private let suffix: [UInt8]

    /// - Parameters:
    ///   - suffix: what of the key follows the moving index.
    init(_ sources: SourceTable, keySuffix suffix: [UInt8], isPretty: Bool) {
        self.isPretty = isPretty
        self.suffix = suffix
        inline =
            suffix + Array((isPretty ? "\": \"" : "\":\"").utf8) + [UInt8](repeating: 0, count: paddedBlock)
        text = [UInt8](repeating: 0, count: paddedBlock)
        update(sources)
    }

    /// Adds the sources that became known since: manifests that are read lazily find them as they go.
    mutating func update(_ sources: SourceTable) {
        guard sources.count > ends.count else { return }
        var writer = JSONWriter()
        text.removeLast(paddedBlock)
        swap(&writer.text, &text)
        for source in sources.sources.dropFirst(ends.count) {
            writer.text += suffix
            writer.append(isPretty ? "\": [" : "\":[")
            writer.writeString(source.url.utf8)
            writer.append(isPretty ? ", " : ",")
            ends.append(writer.text.count)
        }
        swap(&writer.text, &text)
        text += [UInt8](repeating: 0, count: paddedBlock)
    }

    /// Where in `text` the piece of `source` lies.
    @inline(__always)
    subscript(source: SourceIndex) -> Range<Int> {
        let row = Int(source.row)
        return (row == 0 ? 0 : ends[row - 1])..<ends[row]
    }
}
