// SPDX-License-Identifier: Apache-2.0
// The filters of one dataset as codecs, and the chunks that skipped some.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning

/// HDF5's filter pipeline in Zarr's terms.
struct FilterChain {
    /// One for each filter of the pipeline; nil where nothing is to be undone.
    let codecs: [CodecSpec?]
    /// The mask of most chunks: bit i set means that filter i was skipped.
    let commonMask: UInt32
    private let isReadableByZarr: [Bool]
    /// Whether this library can decode the chunks that went through the common filters.
    let isDecodedHere: Bool
    /// Whether the codecs can undo the filters at all: numcodecs' shuffle takes whole elements only.
    private let hasWholeElements: Bool

    /// - Parameter directory: knows who decodes what.
    /// - Throws: for a filter that nobody here can undo and that most chunks went through.
    init(_ facts: DatasetFacts, codecs directory: CodecDirectory) throws(LeftOut) {
        var codecs: [CodecSpec?] = []
        var readable: [Bool] = []
        var isDecodedHere = true
        commonMask = facts.entries.commonMask
        for (index, filter) in facts.header.filters.enumerated() {
            do throws(KerchunkError) {
                let translation = try FilterTranslation(
                    filter, elementSize: facts.header.datatype.size,
                    isBigEndian: facts.header.datatype.isBigEndian)
                let codec = translation.codec
                codecs.append(codec)
                readable.append(codec.map { directory[$0.id]?.reader == .zarr } ?? true)
                if isFilterApplied(index, mask: commonMask), let codec, !directory.contains(codec.id) {
                    isDecodedHere = false
                }
            } catch {
                guard
                    !isFilterApplied(index, mask: commonMask)
                        || facts.entries.manifest.manifest.presentCount == 0
                else {
                    throw LeftOut(
                        error.message,
                        remedy: FilterTranslation.inHDF5Plugin.contains(filter.id)
                            ? "h5py can read it with hdf5plugin; rewrite it with gzip to make it referenceable"
                            : "rewrite the file with h5repack")
                }
                codecs.append(nil)
                readable.append(true)
            }
        }
        self.codecs = codecs
        isReadableByZarr = readable
        self.isDecodedHere = isDecodedHere
        hasWholeElements = Self.hasWholeElements(
            codecs.enumerated().filter { isFilterApplied($0.offset, mask: facts.entries.commonMask) }
                .compactMap(\.element),
            chunkSize: facts.header.chunkSize)
    }

    /// The codecs of the array: filters that the common mask skips are not among them.
    var applied: [CodecSpec] { codecs(mask: commonMask) }

    /// The codecs of a chunk.
    /// - Parameter mask: bit i set means that filter i was skipped.
    func codecs(mask: UInt32) -> [CodecSpec] {
        codecs.enumerated().filter { isFilterApplied($0.offset, mask: mask) }.compactMap(\.element)
    }

    func isReadable(with set: ScanOptions.CodecSet) -> Bool {
        guard hasWholeElements else { return false }
        return set == .all
            || codecs.indices.allSatisfy { isReadableByZarr[$0] || !isFilterApplied($0, mask: commonMask) }
    }

    private static func hasWholeElements(_ codecs: [CodecSpec], chunkSize: UInt64?) -> Bool {
        var size = chunkSize
        for codec in codecs {
            switch codec.id {
            case "shuffle":
                guard let size, let element = codec.configuration["elementsize"]?.number?.uint64, element > 0,
                    size % element == 0
                else { return false }
            case "fletcher32": size = size?.adding(4)
            default: size = nil
            }
        }
        return true
    }

    /// Why references could not be read, and what helps.
    var unreadable: LeftOut {
        guard hasWholeElements else {
            return LeftOut(
                "its shuffle filter works on parts of elements, which numcodecs cannot decode",
                remedy: "rewrite the file with h5repack")
        }
        return LeftOut(
            "its filter \(unreadableNames) has no codec in zarr or numcodecs",
            remedy: "--codecs auto writes references that swift_kerchunk's codecs read")
    }

    /// Why elements that have to be converted cannot be.
    var undecodable: LeftOut {
        LeftOut(
            "its elements would have to be converted and embedded, but only Python readers can decode \(unreadableNames)",
            remedy: "read it with h5py and hdf5plugin")
    }

    /// The ids that zarr and numcodecs do not know, for a message.
    private var unreadableNames: String {
        codecs.indices.filter { !isReadableByZarr[$0] && isFilterApplied($0, mask: commonMask) }
            .compactMap { codecs[$0].map { "\"\($0.id)\"" } }.joined(separator: ", ")
    }

    /// Masks of chunks whose filters are not the common ones, by position.
    func masks(_ facts: DatasetFacts) -> [UInt64: UInt32] {
        Dictionary(deviatingChunks(facts).map { ($0.position, $0.mask) }) { first, _ in first }
    }

    /// Chunks that went through other filters than the array's codecs: by their masks, or as unfiltered partial edges.
    func deviatingChunks(_ facts: DatasetFacts) -> [ChunkEntries.DeviatingMask] {
        var deviating = facts.entries.deviatingMasks
        guard case .chunked(let layout) = facts.header.layout, layout.leavesPartialEdgesUnfiltered,
            !codecs.isEmpty
        else {
            return deviating
        }
        // Spec: IV.A.2.i, layout version 4, flag bit 0: partial edge chunks are not filtered.
        let extent = facts.header.dataspace.dimensions
        let partial = extent.indices.map { extent[$0] % layout.chunkShape[$0] != 0 }
        guard partial.contains(true) else { return deviating }
        let grid = facts.entries.manifest.grid
        let all: UInt32 = codecs.count >= 32 ? .max : (1 << UInt32(codecs.count)) - 1
        var edges: [ChunkEntries.DeviatingMask] = []
        facts.entries.manifest.manifest.forEachPresent { position, _ in
            let coordinates = grid.coordinates(of: position)
            if coordinates.indices.contains(where: { partial[$0] && coordinates[$0] == grid.shape[$0] - 1 }) {
                edges.append(.init(position: position, mask: all))
            }
        }
        let edgePositions = Set(edges.map(\.position))
        deviating.removeAll { edgePositions.contains($0.position) }
        return deviating + edges
    }
}

/// Whether a chunk with `mask` went through filter `index`; HDF5 has masks for 32 filters.
func isFilterApplied(_ index: Int, mask: UInt32) -> Bool { index >= 32 || mask >> UInt32(index) & 1 == 0 }

extension Datatype {
    /// Whether it is a number with the highest byte first.
    fileprivate var isBigEndian: Bool {
        switch self {
        case .fixedPoint(_, .big, _, _, _): true
        case .floatingPoint(let layout): layout.byteLayout == .big
        default: false
        }
    }
}

extension DatasetHeader {
    /// Bytes of a decoded chunk; nil where the data is not chunked.
    fileprivate var chunkSize: UInt64? {
        guard case .chunked(let layout) = layout, let count = checkedProduct(layout.chunkShape) else {
            return nil
        }
        return count.multiplied(by: UInt64(datatype.size))
    }
}
