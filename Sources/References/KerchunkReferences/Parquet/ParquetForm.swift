// SPDX-License-Identifier: Apache-2.0
// The form that fsspec calls lazy: a folder of Parquet files, and `.zmetadata`.
// Spec: fsspec, `LazyReferenceMapper`.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// Reference sets in Parquet.
public struct ParquetForm: PartitionedReferenceForm {
    public let id = "parquet"
    public let name = "Parquet"
    public let endings = [".parq", ".parquet"]
    public let markers = [ParquetLayout.metadataName]
    public let writableZarrFormats: ClosedRange<Int>? = 2...2
    /// Most files of a set come whole with the first answer.
    public let firstRead: UInt64? = 4 << 20

    /// Chunks of one file.
    public static let recordSize = TypedOption<UInt64>(
        "record_size", 100_000, in: 1...UInt64.max, "Chunks per file.")
    /// Whether missing chunks are embedded as encoded fill values, which readers need that cannot read nulls in `path`
    /// (fsspec with `engine="pyarrow"` on pandas 3).
    public static let fillMissing = TypedOption<Bool>(
        "fill_missing", false, "Whether missing chunks are embedded as encoded fill values.")
    /// zstd's level.
    public static let compressionLevel = TypedOption<UInt64>(
        "compression_level", 1, in: 1...22, "The zstd compression level.")

    public init() {}

    public var recordSize: TypedOption<UInt64> { Self.recordSize }
    public var options: [any DeclaredOption] {
        [Self.recordSize, Self.fillMissing, Self.compressionLevel]
    }

    /// fsspec takes folders for Parquet, and names that end so without a dot.
    public func claim(on name: String, isFolder: Bool) -> NameClaim? {
        if let claim = endingClaim(on: name) { return claim }
        return isFolder || name.hasSuffix("parq") || name.hasSuffix("parquet") ? .byReaders : nil
    }

    public func recognizes(_ folder: any ObjectStore) -> Bool {
        guard let file = try? folder.open(ParquetLayout.metadataName),
            let text = try? file.read(ByteRange(0..<file.size()))
        else { return false }
        return !ParquetLayout.isConsolidatedZarr(text.array)
    }

    public func open(
        _ place: ReferencePlace, _ reading: ReferenceReading
    ) throws(KerchunkError) -> Opened {
        guard case .folder(let store, let name) = place else {
            throw KerchunkError(.unrecognized, "a single file is not a reference set in Parquet")
        }
        let cache = try reading.shared.value(of: self) { PartitionCache() }
        return try ParquetReferenceReader(codecs: reading.codecs, cache: cache, admit: reading.admit)
            .read(store, name: name)
    }

    public func fitting(_ dataset: VirtualDataset) -> (dataset: VirtualDataset, issues: [Issue]) {
        dataset.fittingParquet()
    }

    public func check(_ place: OutputPlace, _ writing: ReferenceWriting) throws(KerchunkError) {
        try writer(place, writing).check(place.name, overwrite: writing.overwrites)
    }

    public func write(
        _ dataset: VirtualDataset, to place: OutputPlace, _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64 {
        try writer(place, writing).write(
            dataset, to: place.name, overwrite: writing.overwrites,
            recordedSources: writing.recordedSources, reusing: writing.reusing, progress: writing.progress,
            cancellation: writing.cancellation)
    }

    // MARK: In several processes

    public func partitionCount(
        of dataset: VirtualDataset, _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64 {
        try writer(nil, writing).partitionCount(of: dataset)
    }

    public func writePartitions(
        _ numbers: Range<UInt64>, of dataset: VirtualDataset, to place: OutputPlace,
        _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64 {
        try writer(place, writing).writePartitions(
            numbers, of: dataset, to: place.name, reusing: writing.reusing, progress: writing.progress,
            cancellation: writing.cancellation)
    }

    public func finish(
        _ dataset: VirtualDataset, to place: OutputPlace, _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64 {
        try writer(place, writing).finish(
            dataset, to: place.name, overwrite: writing.overwrites,
            recordedSources: writing.recordedSources, cancellation: writing.cancellation)
    }

    public func partition(_ index: UInt64, of arrayPath: String, _ writing: ReferenceWriting) -> String? {
        writing.options[Self.fillMissing] ? nil : ParquetLayout.partition(index, of: arrayPath)
    }

    private func writer(_ place: OutputPlace?, _ writing: ReferenceWriting) -> ParquetReferenceWriter {
        var store: OutputStore?
        if case .store(let output, _) = place { store = output }
        return ParquetReferenceWriter(
            options: ParquetReferenceOptions(writing), codecs: writing.codecs, store: store)
    }
}

extension ParquetReferenceOptions {
    fileprivate init(_ writing: ReferenceWriting) {
        let options = writing.options
        recordSize = options[ParquetForm.recordSize]
        fillMissing = options[ParquetForm.fillMissing]
        compressionLevel = Int(options[ParquetForm.compressionLevel])
        threadCount = options.threadCount
        recordsSources = options.recordsSources
        isDurable = options.isDurable
        replacesInPlace = options.replacesInPlace
        succession = options.succession
        resumeKey = writing.resumeKey
        keepsPartial = writing.keepsPartial
    }
}
