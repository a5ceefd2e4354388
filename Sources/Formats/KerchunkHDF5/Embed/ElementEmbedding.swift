// SPDX-License-Identifier: Apache-2.0
// Elements that readers could not read as they are: what the shared embedding makes of their chunks.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning

/// Converts the decoded chunks of one dataset, and fetches what their elements point to.
struct ElementEmbedding: ChunkConversion {
    enum Purpose: Sendable {
        /// Embeds all chunks in Zarr's form.
        case convert
        /// The same, unless the elements are in that form already.
        case convertIfDifferent
        /// Tells a codec of ours what each heap id stands for; the chunks are referenced.
        case tellTexts
    }

    private let purpose: Purpose
    private let draft: Draft
    private let file: HDF5File
    private let values: StoredValueReader

    init(_ purpose: Purpose, draft: Draft, file: HDF5File, values: StoredValueReader) {
        self.purpose = purpose
        self.draft = draft
        self.file = file
        self.values = values
    }

    private var isText: Bool { draft.elements.type == .text }

    func limit(_ limits: ScanLimits) -> UInt64 { isText ? limits.embedded : limits.converted }

    var remedy: String? {
        switch purpose {
        case .tellTexts: "--vlen-encode leave refers to their ids"
        default: isText ? "--vlen-encode encode refers to them" : "read it with h5py"
        }
    }

    func convert(_ array: inout ScannedArray, _ chunks: [DecodedChunk]) throws {
        if purpose == .tellTexts { return try tellTexts(&array, chunks.map(\.bytes)) }
        let facts = draft.facts
        let decoded = chunks.map(\.bytes)
        let fill = facts.storedFill
        // Where no element shows it, nothing depends on it.
        let shown = facts.hasGaps ? decoded + (fill.map { [$0] } ?? []) : decoded
        let converter = try converter(shown)
        let converted = try chunks.map {
            try converter.convert(facts.replacingBeyondExtent($0.bytes, at: $0.position))
        }
        if purpose == .convertIfDifferent, converted == decoded {
            array.remarks += draft.referenceRemarks
            return
        }
        let ownFill = try fill.flatMap { fill in
            if facts.hasGaps { return try converter.element(fill) }
            return try? self.converter(decoded, pointing: [fill]).element(fill)
        }
        var draft = draft
        draft.type = converter.type
        var embedded = ScannedChunks(
            shape: draft.chunkShape,
            manifest: facts.entries.manifest.embedding(
                zip(chunks, converted).map { ($0.position, $1) }))
        embedded.lostCount = facts.entries.cutCount
        let remarks = array.remarks
        array = draft.array(.chunks(embedded), ownFill: ownFill)
        array.remarks = remarks
        if draft.type == .text { array.codecs = [TextContainer.codec] }
    }

    private func tellTexts(_ array: inout ScannedArray, _ chunks: [Bytes]) throws {
        let base = draft.facts.header.datatype.withoutArrays.base
        let chunks = chunks + (draft.facts.storedFill.map { [$0] } ?? [])
        let reader = try reader(chunks)
        var pairs: [(String, JSONValue)] = []
        var known: Set<Bytes> = []
        for chunk in chunks {
            for start in stride(from: 0, through: chunk.count - base.size, by: base.size) {
                let id = chunk[start..<start + base.size]
                guard known.insert(id).inserted, try reader.heapReference(id).id != nil else { continue }
                var reductions: Set<StoredValueReader.Reduction> = []
                pairs.append((id.hexadecimal, try reader.json(id, base, &reductions)))
            }
        }
        array.elementCodecs = draft.codecs(ofTexts: JSONObject(pairs))
        array.missing = draft.missing(ownFill: try draft.ownFill(.encode, reader))
    }

    /// - Parameters:
    ///   - chunks: all stored elements; texts inside structures are measured in them.
    ///   - pointing: those whose values are needed, where these are others.
    private func converter(_ chunks: [Bytes], pointing: [Bytes]? = nil) throws -> ElementConverter {
        try ElementConverter(
            draft.elements, storedSize: draft.facts.header.datatype.withoutArrays.base.size, chunks: chunks,
            reader: reader(pointing ?? chunks))
    }

    /// Knows what the elements of `chunks` point to.
    private func reader(_ chunks: [Bytes]) throws -> StoredValueReader {
        var reader = values
        let base = draft.facts.header.datatype.withoutArrays.base
        try file.fetch(chunks.map { ($0, base) }, into: &reader.pointed)
        return reader
    }
}
