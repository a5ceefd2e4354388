// SPDX-License-Identifier: Apache-2.0
// Reads kerchunk JSON, versions 0 and 1, straight into manifest columns.
// Spec: kerchunk, "References specification"; the top-level key "sources" is ours.

public import KerchunkBytes
public import KerchunkModel

/// Reads a reference set. Keys may come in any order, so the text is gone through twice: documents first, then chunks.
public struct JSONReferenceReader: Sendable {
    /// The URL that `[null, offset, size]` means.
    public var target: String?

    public init(target: String? = nil) { self.target = target }

    /// - Throws: where `text` is not a reference set; arrays that make no sense are issues of the result.
    public func read(_ text: Bytes) throws(KerchunkError) -> LoadedReferences {
        do {
            var scanner = JSONScanner(text.span)
            var outline = ReferenceOutline()
            try outline.scan(&scanner)
            var hierarchy = outline.hierarchy
            var chunks = ChunkCollector(hierarchy.arrays(), stamps: outline.stamps, target: target)
            var members = JSONScanner(text.span, at: outline.references)
            try chunks.collect(from: &members)
            let arrays = chunks.finish()
            return LoadedReferences(
                dataset: VirtualDataset(root: hierarchy.root(with: arrays), sources: chunks.sources),
                issues: hierarchy.issues + chunks.issues)
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }
}
