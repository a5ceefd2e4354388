// SPDX-License-Identifier: Apache-2.0
// From a dataset's messages and chunk entries to a Zarr array.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning

/// A dataset, and all that was found out about it before its own translation.
struct DatasetFacts: Sendable {
    /// `/group/name`.
    let path: String
    let header: DatasetHeader
    let entries: ChunkEntries
    /// One name an axis of the dataset.
    let dimensionNames: [String]
    /// The extent with unlimited axes at their dimension's length.
    let shape: [UInt64]
    /// The visible attributes, `_FillValue` among them.
    let attributes: JSONObject
    /// `_FillValue` as stored, where it has one element.
    let fillAttribute: AttributeMessage?
}

/// A translated variable and what there is to say about it.
struct TranslatedDataset: Sendable {
    var array: VirtualArray
    var issues: [Issue]
}

/// Why a variable is left out.
struct LeftOut: Error {
    let reason: String
    let remedy: String?

    init(_ reason: String, remedy: String? = nil) {
        self.reason = reason
        self.remedy = remedy
    }
}

/// Translates the datasets of one file.
struct DatasetTranslator: Sendable {
    let file: HDF5File
    let chunks: ChunkReader
    /// Knows the paths of the file's objects.
    let values: StoredValueReader
    let options: ScanOptions
    let limits: ScanLimits

    /// Decoded bytes of one variable that are embedded because references to them could not be read.
    static let embeddedDataLimit: UInt64 = 1 << 20

    func translate(_ facts: DatasetFacts) throws -> TranslatedDataset {
        let isAuto = options.codecs == .auto
        var draft = try Draft(facts, options: options, codecs: isAuto ? .zarr : options.codecs)
        let filters = try FilterChain(facts, codecs: chunks.directory)
        if isAuto, needsOurCodecs(draft, filters) {
            draft = try Draft(facts, options: options, codecs: .all)
        }
        return try translate(draft, filters)
    }

    /// Whether a variable would be left out without codecs of ours.
    private func needsOurCodecs(_ draft: Draft, _ filters: FilterChain) -> Bool {
        let isEmbeddable = draft.decodedSize <= Self.embeddedDataLimit && filters.isDecodedHere
        if draft.elements.fidelity == .converted, draft.type != .text { return !isEmbeddable }
        return !isEmbeddable && !filters.isReadable(with: .zarr)
    }

    private func translate(_ draft: Draft, _ filters: FilterChain) throws -> TranslatedDataset {
        var draft = draft
        if draft.elements.fidelity == .converted {
            guard filters.isDecodedHere else { throw filters.undecodable }
            try embed(&draft, filters)
        } else if !filters.isReadable(with: draft.allowedCodecs) {
            guard draft.decodedSize <= Self.embeddedDataLimit, filters.isDecodedHere else {
                throw filters.unreadable
            }
            try embed(&draft, filters)
        } else if draft.elements.fidelity == .padded, draft.decodedSize <= Self.embeddedDataLimit,
            filters.isDecodedHere
        {
            try embed(&draft, filters, onlyWhereDifferent: true)
        } else {
            try refer(&draft, filters)
        }
        return try finish(draft)
    }

    // MARK: By reference

    private func refer(_ draft: inout Draft, _ filters: FilterChain) throws {
        if draft.type == .text, options.stringEncoding == .encode {
            draft.setHeapTexts(try heapTexts(draft, filters))
        }
        draft.manifest = draft.facts.entries.manifest
        if draft.splitsContiguous, let limit = options.maximumChunkSize { draft.split(limit: limit) }
        draft.codecs = draft.outerFilters + filters.applied
        if draft.elements.fidelity == .padded, case .string(_, .spacePadded, _) = draft.facts.header.datatype
        {
            draft.note("its strings keep the blanks that pad them")
        }
        let deviating = filters.deviatingChunks(draft.facts)
        guard !deviating.isEmpty else { return }
        let size = draft.storedChunkSize
        guard UInt64(deviating.count).multiplied(by: size) ?? .max <= Self.embeddedDataLimit else {
            throw LeftOut(
                "\(deviating.count) of its chunks went through other filters than the rest, and are too large to embed",
                remedy: "rewrite the file with h5repack")
        }
        let stored = try chunks.stored(deviating.map { draft.manifest.manifest[$0.position] })
        let pipeline = try CodecPipeline(filters.applied, from: chunks.directory)
        var replacements: [(UInt64, ChunkLocation)] = []
        for (chunk, bytes) in zip(deviating, stored) {
            guard let bytes else { continue }
            let decoded = try chunks.decoded(bytes, codecs: filters.codecs, mask: chunk.mask, size: Int(size))
            replacements.append((chunk.position, .inline(try pipeline.encode(decoded))))
        }
        draft.manifest = draft.manifest.replacing(replacements)
    }

    /// The strings that the heap ids of all chunks stand for, by the ids' bytes in hexadecimal.
    private func heapTexts(_ draft: Draft, _ filters: FilterChain) throws -> JSONObject {
        guard draft.decodedSize <= limits.embedded else {
            throw LeftOut(
                "its strings are too many to be told by a codec",
                remedy: "--vlen-encode leave refers to their ids")
        }
        let base = draft.facts.header.datatype.withoutArrays.base
        var chunks = try decodedChunks(draft, filters).map(\.bytes)
        if let fill = draft.facts.storedFill { chunks.append(fill) }
        let reader = try withPointedValues(chunks, base)
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
        return JSONObject(pairs)
    }

    // MARK: Embedded

    /// Reads all chunks, converts their elements and embeds them without filters.
    private func embed(_ draft: inout Draft, _ filters: FilterChain, onlyWhereDifferent: Bool = false) throws
    {
        let limit = draft.elements.type == .text ? limits.embedded : Self.embeddedDataLimit
        guard draft.decodedSize <= limit else {
            throw LeftOut(
                "its \(draft.decodedSize) bytes would have to be converted and embedded; at most \(limit) are",
                remedy: draft.elements.type == .text
                    ? "--vlen-encode encode refers to them" : "read it with h5py")
        }
        let chunksRead = try decodedChunks(draft, filters)
        let positions = chunksRead.map(\.position)
        let decoded = chunksRead.map(\.bytes)
        let base = draft.facts.header.datatype.withoutArrays.base
        let fill = draft.facts.storedFill
        // Where no element shows it, nothing depends on it.
        let shown = draft.facts.hasGaps ? decoded + (fill.map { [$0] } ?? []) : decoded
        let converter = try ElementConverter(
            draft.elements, storedSize: base.size, chunks: shown, reader: try withPointedValues(shown, base))
        let converted = try zip(positions, decoded).map {
            try converter.convert(draft.facts.replacingBeyondExtent($1, at: $0))
        }
        if onlyWhereDifferent, converted == decoded, filters.isReadable(with: draft.allowedCodecs) {
            return try refer(&draft, filters)
        }
        draft.type = converter.type
        draft.ownFill = try fill.flatMap { fill in
            if draft.facts.hasGaps { return try converter.element(fill) }
            return try? ElementConverter(
                draft.elements, storedSize: base.size, chunks: decoded,
                reader: try withPointedValues([fill], base)
            ).element(fill)
        }
        draft.isConverted = true
        draft.manifest = draft.facts.entries.manifest.replacing(
            zip(positions, converted).map { ($0, .inline($1)) })
        if draft.type == .text { draft.codecs = [TextContainer.codec] }
    }

    /// All chunks that exist, without their filters.
    private func decodedChunks(_ draft: Draft, _ filters: FilterChain) throws -> [(
        position: UInt64, bytes: Bytes
    )] {
        let masks = filters.masks(draft.facts)
        var present: [(position: UInt64, location: ChunkLocation)] = []
        draft.facts.entries.manifest.manifest.forEachPresent { present.append(($0, $1)) }
        let stored = try chunks.stored(present.map(\.location))
        return try zip(present, stored).map { chunk, bytes in
            let decoded = try chunks.decoded(
                bytes ?? Bytes(), codecs: filters.codecs, mask: masks[chunk.position] ?? filters.commonMask,
                size: Int(draft.storedChunkSize))
            return (chunk.position, decoded)
        }
    }

    /// Fetches what the elements of `chunks` point to, level by level of types inside types.
    func withPointedValues(
        _ chunks: [Bytes], _ type: Datatype
    ) throws -> StoredValueReader {
        var reader = values
        for _ in 0..<min(type.heapDepth, 8) {
            var wanted: Set<GlobalHeapID> = []
            for chunk in chunks {
                wanted.formUnion(reader.heapIDs(in: chunk, of: type, count: chunk.count / max(1, type.size)))
            }
            wanted = wanted.filter { reader.pointed.heap[$0] == nil }
            if wanted.isEmpty { break }
            let found = try file.globalHeapObjects(Array(wanted))
            reader.pointed.heap.merge(found) { first, _ in first }
        }
        return reader
    }

}
