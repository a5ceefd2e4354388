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
    /// What of the key follows the moving index.
    let suffix: [UInt8]
    private let templates: URLTemplates

    /// - Parameters:
    ///   - suffix: what of the key follows the moving index.
    init(keySuffix suffix: [UInt8], templates: URLTemplates, isPretty: Bool) {
        self.suffix = suffix
        self.templates = templates
        self.isPretty = isPretty
        inline = suffix + Array((isPretty ? "\": \"" : "\":\"").utf8) + Self.padding
    }

    private static let padding = [UInt8](repeating: 0, count: paddedBlock)

    /// Adds the pieces of sources that were found since: lazily read manifests find theirs as they are read.
    mutating func update(_ sources: SourceTable) {
        guard sources.count > ends.count else { return }
        var writer = JSONWriter()
        swap(&writer.text, &text)
        writer.text.removeLast(min(paddedBlock, writer.text.count))
        sources.forEachSource(from: ends.count) { source in
            writer.text += suffix
            writer.append(isPretty ? "\": [" : "\":[")
            writer.writeString(templates.shortened(source.url).utf8)
            writer.append(isPretty ? ", " : ",")
            ends.append(writer.text.count)
        }
        writer.text += Self.padding
        swap(&writer.text, &text)
    }

    /// Where in `text` the piece of `source` lies.
    @inline(__always)
    subscript(source: SourceIndex) -> Range<Int> {
        let row = Int(source.row)
        return (row == 0 ? 0 : ends[row - 1])..<ends[row]
    }
}
