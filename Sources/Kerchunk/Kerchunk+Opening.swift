// SPDX-License-Identifier: Apache-2.0
// Anything that is a dataset: a file of a known format, or references to one.

import KerchunkArchives
public import KerchunkBytes
public import KerchunkModel
import KerchunkReferences
public import KerchunkScanning
public import KerchunkStorage

/// A dataset, and what it was made of.
public struct OpenedDataset: Sendable {
    public var dataset: VirtualDataset
    public var issues: [Issue]
    /// What is good to know, and is no trouble.
    public var notes: [Note] = []
    /// `HDF5`, `netCDF-3`, `kerchunk JSON`, `kerchunk Parquet` or `packed`.
    public var format: String
    /// Zarr version of the documents that it was read from, or will be saved in: 2 or 3.
    public var zarrFormat = 2
    /// The state of a reference set behind a URL; empty for others.
    public var stamp = SourceStamp()
    /// The states of files that a reference set in JSON records, by URL; also of those whose chunks are all embedded.
    package var recordedStamps: [ExactText: SourceStamp] = [:]
    /// What whoever packed it wanted known.
    public var note: JSONObject = [:]

    public init(dataset: VirtualDataset, issues: [Issue], format: String, zarrFormat: Int = 2) {
        self.dataset = dataset
        self.issues = issues
        self.format = format
        self.zarrFormat = zarrFormat
    }

    /// Whether it came from a reference set.
    public var isReferences: Bool { ["kerchunk JSON", "kerchunk Parquet", "packed"].contains(format) }
    /// Whether its chunks are read when they are asked for.
    public var isLazy: Bool { isReferences && format != "kerchunk JSON" }
}

extension Kerchunk {
    /// Scans the file at `location`, or reads it where it is a reference set; a directory is one in Parquet,
    /// and so is what has `.zmetadata` beneath.
    public static func open(
        _ location: String, options: ScanOptions = ScanOptions(),
        environment: ScanEnvironment = ScanEnvironment()
    ) throws(KerchunkError) -> OpenedDataset {
        do {
            let (source, probe): (any ByteSource, FormatProbe)
            switch try found(location, PartitionCache(), environment) {
            case .parquet(let opened): return opened
            case .file(let file, let start): (source, probe) = (file, start)
            }
            if PackedDataset.recognizes(probe.start) || JSONReferenceReader.recognizes(probe.start) {
                return try openReferences(source, probe, origin: location, environment)
            }
            let scanner = try recognize(probe, of: source, among: environment.formats)
            let result = try scan(source, options: options, environment: environment, origin: location)
            var opened = OpenedDataset(
                dataset: result.dataset, issues: result.issues, format: type(of: scanner).formatName)
            opened.notes = result.notes
            return opened
        } catch {
            throw notingPattern(KerchunkError(wrapping: error), location).locating(url: location)
        }
    }

    /// Opens the reference set at `location`, in JSON, Parquet or packed; other files are refused.
    /// - Parameter partitions: decoded chunks of sets that are open together; nil for a cache of its own.
    public static func openReferences(
        _ location: String, partitions: PartitionCache? = nil, cancellation: Cancellation = Cancellation(),
        files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> OpenedDataset {
        do {
            let environment = ScanEnvironment(cancellation: cancellation, files: files)
            switch try found(location, partitions ?? PartitionCache(), environment) {
            case .parquet(let opened): return opened
            case .file(let source, let probe):
                return try openReferences(source, probe, origin: location, environment)
            }
        } catch {
            throw notingPattern(KerchunkError(wrapping: error), location).locating(url: location)
        }
    }

    /// Opens the reference set that is the file `source`, in JSON or packed.
    public static func openReferences(
        _ source: any ByteSource, cancellation: Cancellation = Cancellation(),
        files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> OpenedDataset {
        do {
            let opened = try openReferences(
                source, try FormatProbe(source), origin: nil, ScanEnvironment(cancellation: cancellation))
            if let origin = source.placement?.url { try files.trust.check(opened.dataset, from: origin) }
            return opened
        } catch {
            throw KerchunkError(wrapping: error).locating(url: source.name)
        }
    }

    /// Opens a reference set whose JSON text is made of something else.
    /// - Parameters:
    ///   - name: what errors call it.
    ///   - expectedSize: bytes of the text, about.
    package static func openReferences(
        named name: String?, expectedSize: UInt64, cancellation: Cancellation,
        making make: () -> any ReferenceText
    ) throws(KerchunkError) -> OpenedDataset {
        do throws(KerchunkError) {
            let loaded = try JSONReferenceReader(codecs: BuiltinCodecs.directory).read(
                expectedSize: expectedSize, cancellation: cancellation, making: make)
            return OpenedDataset(
                dataset: loaded.dataset, issues: loaded.issues, format: "kerchunk JSON",
                zarrFormat: loaded.zarrFormat
            ).notingTruncation()
        } catch {
            throw name.map { error.locating(url: $0) } ?? error
        }
    }

    private static func openReferences(
        _ source: any ByteSource, _ probe: FormatProbe, origin: String?, _ environment: ScanEnvironment
    ) throws -> OpenedDataset {
        let opened = try openUntrusted(source, probe, origin: origin, environment)
        if let origin { try environment.files.trust.check(opened.dataset, from: origin) }
        return opened
    }

    /// Opens a set, whatever it names.
    private static func openUntrusted(
        _ source: any ByteSource, _ probe: FormatProbe, origin: String?, _ environment: ScanEnvironment
    ) throws -> OpenedDataset {
        if PackedDataset.recognizes(probe.start) { return try openPacked(source, origin, environment) }
        guard JSONReferenceReader.recognizes(probe.start) else {
            if let error = archiveError(probe.start, source) { throw error }
            throw GivenFile.refusalOfReferences(probe, formats: environment.formats)
        }
        return try openJSON(source, environment)
    }

    /// What is at a location.
    private enum Found {
        case parquet(OpenedDataset)
        case file(any ByteSource, FormatProbe)
    }

    private static func found(
        _ location: String, _ partitions: PartitionCache, _ environment: ScanEnvironment
    ) throws -> Found {
        let files = environment.files
        if let chain = try LocationChain(location), !chain.steps.isEmpty { return try file(location, files) }
        switch Location(LocationChain.outerFile(of: location)) {
        case .local(let path):
            guard Platform.statusIfAny(path)?.isDirectory == true else { return try file(location, files) }
            return .parquet(try openNamedParquet(location, partitions, files))
        case .remote(_, let url):
            let isParquet = ReferenceFormat(path: String(url.prefix { $0 != "?" })) == .parquet
            return isParquet
                ? .parquet(try openNamedParquet(location, partitions, files))
                : try fileOrFolder(location, partitions, files)
        }
    }

    private static func openNamedParquet(
        _ location: String, _ partitions: PartitionCache, _ files: FileOpener
    ) throws(KerchunkError) -> OpenedDataset {
        do {
            return try openParquet(location, partitions: partitions, files: files)
        } catch {
            guard error.kind == .notFound else { throw error }
            if case .local(let path) = Location(location) { throw GivenDirectory.refusalOfReferences(path) }
            throw KerchunkError(
                .notFound, "there is no \".zmetadata\" beneath, so this is no reference set in Parquet",
                url: location)
        }
    }

    /// What a name means that does not tell which of both it is.
    private static func fileOrFolder(
        _ location: String, _ partitions: PartitionCache, _ files: FileOpener
    ) throws -> Found {
        do {
            return try file(location, files)
        } catch {
            // Servers say in many ways that it is a folder.
            let failure = KerchunkError(wrapping: error)
            guard [.notFound, .permission, .input].contains(failure.kind),
                let set = try? openParquet(location, partitions: partitions, files: files)
            else { throw failure }
            return .parquet(set)
        }
    }

    private static func file(_ location: String, _ files: FileOpener) throws -> Found {
        let source = try files.open(location)
        return .file(source, try FormatProbe(source))
    }

    private static func openPacked(
        _ source: any ByteSource, _ location: String?, _ environment: ScanEnvironment
    ) throws -> OpenedDataset {
        let opened: PackedDataset
        if let location, case .local(let path) = Location(location) {
            opened = try openPacked(path)
        } else {
            opened = try PackedDataset(source, codecs: environment.codecs)
        }
        var dataset = OpenedDataset(dataset: opened.dataset, issues: opened.issues, format: "packed")
        dataset.note = opened.note
        if source.isRemote { dataset.stamp = try source.stamp }
        return dataset
    }

    private static func openJSON(
        _ source: any ByteSource, _ environment: ScanEnvironment
    ) throws -> OpenedDataset {
        let loaded: LoadedReferences
        do throws(KerchunkError) {
            loaded = try JSONReferenceReader(codecs: environment.codecs).read(
                source, cancellation: environment.cancellation)
        } catch {
            let start = try source.read(ByteRange(0..<min(source.size(), 8)))
            guard error.kind == .malformed, let tool = CompressedFile.tool(ofFileStartingWith: start.array)
            else { throw error }
            throw KerchunkError(
                .unrecognized,
                "the file is compressed, and holds no JSON with references; a data file can be scanned when it is "
                    + "decompressed (\(tool))")
        }
        var opened = OpenedDataset(
            dataset: loaded.dataset, issues: loaded.issues, format: "kerchunk JSON",
            zarrFormat: loaded.zarrFormat)
        opened.recordedStamps = loaded.recordedStamps
        if source.isRemote { opened.stamp = try source.stamp }
        return opened.notingTruncation()
    }
}
