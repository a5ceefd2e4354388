// SPDX-License-Identifier: Apache-2.0
// From a variable and its place to a Zarr array.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// Translates variables of one file.
struct VariableTranslator {
    let layout: DataLayout
    /// Bytes of the file; nothing behind them is referenced.
    let fileSize: UInt64
    let source: SourceIndex
    /// What offsets in manifests have more than offsets in the file.
    let placementOffset: UInt64
    let options: ScanOptions
    let limits: ScanLimits

    /// Where a file ends inside a variable, it is cut into chunks of at most this many bytes, of which the whole ones
    /// are there.
    static let cutChunkSize: UInt64 = 1 << 20

    /// A translated variable; nil where it is left out, which the notes explain.
    struct Result {
        var array: VirtualArray?
        var notes: [(reason: String, remedy: String?)] = []
        /// What of it is not in the file.
        var damage: String?
    }

    func translate(
        _ variable: Header.Variable, _ place: DataLayout.Place, attributes: JSONObject,
        dimensionNames: [String]
    ) -> Result {
        var result = Result()
        let split = self.split(variable, place, &result)
        let chunkShape = (place.isRecord ? [1] : []) + split
        guard let grid = ChunkGrid(covering: place.shape, by: chunkShape), grid.count <= limits.chunks else {
            result.notes.append(("left out: it would have more than \(counted(limits.chunks, "chunk"))", nil))
            return result
        }
        let chunkSize = split.reduce(UInt64(variable.type.size), *)
        let chunks = manifest(place, grid: grid, chunkSize: chunkSize)
        let fill = variable.type == .char ? nil : fillElement(variable, attributes)
        var missingData = missingData(variable, masked: fill)
        var damage: [String] = []
        if place.isRecord, layout.lostRecordCount > 0 {
            damage.append(
                "\(layout.lostRecordCount) of its \(layout.recordCount + layout.lostRecordCount) records are left out: they lie behind the end of the file, at byte \(fileSize), or are cut there"
            )
        }
        let missing = grid.count - UInt64(chunks.manifest.presentCount)
        if missing > 0 {
            let words =
                "\(missing) of its \(counted(grid.count, "chunk")) would lie behind the end of the file, at byte \(fileSize)"
            guard let lost = lostChunks(variable, fill, attributes) else {
                result.damage = "\(words); \(LostChunks.unmarkable)"
                return result
            }
            if fill == nil { missingData = .masking(.element(lost.mark)) }
            damage.append("\(words); they are missing, and read \(lost.reading)")
        }
        if !damage.isEmpty { result.damage = damage.joined(separator: "; ") }
        result.array = VirtualArray(
            shape: place.shape, chunkShape: chunkShape, dataType: variable.type.dataType,
            missing: missingData, attributes: attributes, dimensionNames: dimensionNames, chunks: chunks)
        return result
    }

    // MARK: Chunks

    /// The shape of a chunk, without the axis of the records.
    private func split(
        _ variable: Header.Variable, _ place: DataLayout.Place, _ result: inout Result
    ) -> [UInt64] {
        let shape = place.isRecord ? Array(place.shape.dropFirst()) : place.shape
        // A variable that the file does not reach, and that no file of its series can hold, is not worth the divisions.
        guard place.begin < fileSize || place.size <= 1 << 32 else { return shape }
        let isCut =
            !place.isRecord && place.begin < fileSize && (place.begin.adding(place.size) ?? .max) > fileSize
        guard let limit = options.maximumChunkSize ?? (isCut ? Self.cutChunkSize : nil) else { return shape }
        let elementSize = UInt64(variable.type.size)
        let split = ContiguousSplit(shape: shape, elementSize: elementSize, limit: max(limit, 1)).chunkShape
        let size = split.reduce(elementSize, *)
        if options.maximumChunkSize != nil, size > limit {
            result.notes.append(
                (
                    "its axes have no divisors that make chunks of at most \(limit) bytes; they are \(size)",
                    nil
                ))
        }
        return split
    }

    /// The chunks that lie inside the file: of each record, or of the one run of bytes, those side by side.
    private func manifest(_ place: DataLayout.Place, grid: ChunkGrid, chunkSize: UInt64) -> MemoryManifest {
        let runs = place.isRecord ? layout.recordCount : 1
        let chunksOfRun = place.size / chunkSize
        guard place.begin < fileSize, runs > 0 else { return .empty(grid) }
        // Whole runs, then the chunks of the one that the file ends in.
        let available = fileSize - place.begin
        let stride = place.isRecord ? layout.recordSize : place.size
        let wholeRuns = available < place.size ? 0 : min(runs, (available - place.size) / stride + 1)
        let rest = wholeRuns < runs ? available - min(available, wholeRuns * stride) : 0
        let chunksOfRest = min(rest / chunkSize, chunksOfRun)
        let base = place.begin + placementOffset
        var builder = ManifestBuilder(grid: grid, expecting: wholeRuns * chunksOfRun + chunksOfRest)
        var position: UInt64 = 0
        for run in 0..<wholeRuns {
            for chunk in 0..<chunksOfRun {
                builder.set(
                    position, source: source, offset: base + run * stride + chunk * chunkSize,
                    length: chunkSize)
                position += 1
            }
        }
        for chunk in 0..<chunksOfRest {
            builder.set(
                position, source: source, offset: base + wholeRuns * stride + chunk * chunkSize,
                length: chunkSize)
            position += 1
        }
        return builder.finish()
    }

    // MARK: Missing data

    /// The attribute `_FillValue` is what is masked, and what lies behind the end of the file. netCDF's default fills are
    /// values like any other: nothing is masked that the file does not ask for.
    private func missingData(_ variable: Header.Variable, masked: Bytes?) -> MissingData {
        guard let masked else { return MissingData(unwritten: .zero(of: variable.type.dataType)) }
        return MissingData(unwritten: .element(masked), masked: .value(.element(masked)))
    }

    /// Nil where nothing can show that chunks are lost.
    private func lostChunks(
        _ variable: Header.Variable, _ fill: Bytes?, _ attributes: JSONObject
    ) -> LostChunks? {
        if variable.type == .char { return nil }
        if let fill { return LostChunks(fill: fill) }
        return LostChunks(variable.type.dataType, attributes: attributes)
    }

    private func fillElement(_ variable: Header.Variable, _ attributes: JSONObject) -> Bytes? {
        guard let attribute = variable.attributes.first(where: { $0.name.string == MissingData.attribute }),
            attribute.count == 1
        else { return nil }
        if attribute.type == variable.type { return attribute.values }
        return attributes[MissingData.attribute].flatMap { variable.type.dataType.element($0) }
    }
}
