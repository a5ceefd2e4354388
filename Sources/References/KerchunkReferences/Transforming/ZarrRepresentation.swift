// SPDX-License-Identifier: Apache-2.0
// A dataset as one Zarr version can say it: which value is masked, and what missing chunks hold.
// The rules: KerchunkModel's V2MissingData and V3MissingData.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel

extension VirtualDataset {
    /// The same values, masked alike, as metadata of Zarr `version` say them; what they say already stays as it is.
    /// - Parameters:
    ///   - fillLimit: missing chunks of one array that are embedded at most, where the version cannot say their value.
    ///   - codecs: those of arrays whose missing chunks must be embedded.
    /// - Returns: the dataset, and what the version cannot say.
    public func represented(
        inZarr version: Int, fillLimit: UInt64 = 10_000, codecs: CodecDirectory
    ) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        var issues: [Issue] = []
        var represented = self
        represented.root = try root.mappingArrays { (path, array) throws(KerchunkError) in
            if version == 3 {
                let (array, issue) = V3MissingData.saying(array)
                if let issue { issues.append(Issue(object: "/" + path, reason: issue)) }
                return array
            }
            do {
                return try array.inVersion2(fillLimit, codecs) {
                    issues.append(Issue(object: "/" + path, reason: $0, remedy: $1))
                }
            } catch {
                throw KerchunkError(wrapping: error).locating(object: "/" + path)
            }
        }
        return (represented, issues)
    }

    /// The same without arrays whose types or codecs Zarr `version` cannot say, and what those are.
    public func leavingOut(
        unsayableInZarr version: Int, codecs: CodecDirectory
    ) -> (dataset: VirtualDataset, issues: [Issue]) {
        guard version == 3 else { return (self, []) }
        var issues: [Issue] = []
        var left = self
        left.root = root.leavingOutArrays { path, array in
            do throws(KerchunkError) {
                _ = try V3Documents.array(array, codecs: codecs)
                return false
            } catch {
                issues.append(
                    Issue(
                        object: "/" + path, reason: error.message,
                        remedy: "--zarr-format 2 may represent it"))
                return true
            }
        }
        return (left, issues)
    }
}

extension VirtualArray {
    /// Decoded bytes that are embedded for one array at most.
    private static let embeddedLimit: UInt64 = 64 << 20
    /// Bytes of a chunk of an array without any.
    private static let unwrittenChunkSize: UInt64 = 4 << 20

    fileprivate func inVersion2(
        _ limit: UInt64, _ codecs: CodecDirectory, note: (_ reason: String, _ remedy: String) -> Void
    ) throws -> VirtualArray {
        guard let saying = try V2MissingData.saying(self, fillLimit: limit) else { return self }
        var said = self
        said.missing = saying.missing
        if !saying.keepsAttribute { said.attributes[MissingData.attribute] = nil }
        if let missing = saying.masksMissing {
            note(
                "\(counted(missing, "chunk")) \(missing == 1 ? "was" : "were") never written, and Zarr version 2 cannot express their fill value so "
                    + "that xarray neither masks nor changes it",
                "--zarr-format 3 keeps both fill values; or raise --fill-limit")
        }
        if let value = saying.embedded, !said.embed(value, codecs) {
            note(
                "chunks that were never written are too large to embed with their fill value; xarray will mask it",
                "--zarr-format 3 keeps both fill values")
            said.missing = .masking(value)
        }
        return said
    }

    /// Embeds chunks of nothing but `value` where chunks are missing; false where they would be too large.
    private mutating func embed(_ value: FillValue, _ codecs: CodecDirectory) -> Bool {
        guard let missing = try? chunks.missingCount() else { return false }
        var filled = self
        if missing == chunks.grid.count { filled.chooseUnwrittenChunks() }
        let count = filled.chunks.grid.count - (chunks.grid.count - missing)
        guard let chunk = try? FillChunk.encoded(value, for: filled, codecs: codecs),
            UInt64(chunk.count).multiplied(by: count) ?? .max <= Self.embeddedLimit
        else { return false }
        if let memory = filled.chunks as? MemoryManifest {
            filled.chunks = memory.replacing(memory.missingPositions.map { ($0, .inline(chunk)) })
        } else {
            filled.chunks = FilledManifest(base: filled.chunks, fill: chunk)
        }
        self = filled
        return true
    }

    /// An array without any chunk may have chunks of any shape and codec: small ones, compressed.
    private mutating func chooseUnwrittenChunks() {
        guard !dataType.isObject else { return }
        let cut = ContiguousSplit(
            shape: shape, elementSize: UInt64(max(dataType.size, 1)), limit: Self.unwrittenChunkSize)
        guard let grid = ChunkGrid(covering: shape, by: cut.chunkShape) else { return }
        if chunks.grid.count == 1, chunkShape == shape {
            chunkShape = cut.chunkShape
            chunks = MemoryManifest.empty(grid)
        }
        codecs = [CodecSpec("zlib", ["level": 1])]
    }
}

extension VirtualGroup {
    /// The same hierarchy without the arrays that `isLeftOut` says, which gets each path as `forEachArray` does.
    fileprivate func leavingOutArrays(
        path: String = "", _ isLeftOut: (_ path: String, VirtualArray) -> Bool
    ) -> VirtualGroup {
        var kept = self
        for (name, member) in members {
            let memberPath = keyPrefix(ofPath: path) + name
            switch member {
            case .array(let array): if isLeftOut(memberPath, array) { kept[name] = nil }
            case .group(let group): kept[name] = .group(group.leavingOutArrays(path: memberPath, isLeftOut))
            }
        }
        return kept
    }
}

extension MemoryManifest {
    /// Positions without a chunk, ascending.
    fileprivate var missingPositions: [UInt64] {
        var missing: [UInt64] = []
        var next: UInt64 = 0
        manifest.forEachPresent { position, _ in
            missing += next..<position
            next = position + 1
        }
        return missing + Array(next..<grid.count)
    }
}

/// A manifest with the same bytes for all chunks that are missing.
private struct FilledManifest: ManifestSource {
    let base: any ManifestSource
    let fill: Bytes

    var grid: ChunkGrid { base.grid }
    var preferredRun: UInt64 { base.transformedRun }
    var minimumRun: UInt64 { base.minimumRun }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        let old = try base.rows(positions)
        return try .building(old.positionCount, expecting: Int(old.positionCount)) { builder in
            var next: UInt64 = 0
            func fillUp(to end: UInt64) {
                while next < end {
                    builder.set(next, .inline(fill))
                    next += 1
                }
            }
            old.forEachPresent { position, location in
                fillUp(to: position)
                builder.set(position, location)
                next = position + 1
            }
            fillUp(to: old.positionCount)
        }
    }
}
