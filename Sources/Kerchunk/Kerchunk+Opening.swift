// SPDX-License-Identifier: Apache-2.0
// Anything that is a dataset: a file of a known format, or references to one.

import KerchunkBytes
public import KerchunkModel
import KerchunkReferences
public import KerchunkScanning
public import KerchunkStorage

/// A dataset, and what it was made of.
public struct OpenedDataset: Sendable {
    public var dataset: VirtualDataset
    public var issues: [Issue]
    /// `HDF5`, `netCDF-3`, `kerchunk JSON`, `kerchunk Parquet` or `packed`.
    public var format: String
    /// Zarr version that its fill values were made for: 2 or 3.
    public var zarrFormat = 2

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
    /// Scans the file at `location`, or reads it where it is a reference set; a directory is one in Parquet.
    public static func open(
        _ location: String, options: ScanOptions = ScanOptions(),
        environment: ScanEnvironment = ScanEnvironment()
    ) throws(KerchunkError) -> OpenedDataset {
        do {
            if let path = parquetPath(location) { return try openParquet(path) }
            let source = try environment.files.open(location)
            let probe = try FormatProbe(source)
            if PackedDataset.recognizes(probe.start) { return try openPacked(source, location, environment) }
            if JSONReferenceReader.recognizes(probe.start) { return try openJSON(source, environment) }
            let scanner = try recognize(probe, of: source, among: environment.formats)
            let result = try scan(source, options: options, environment: environment, origin: location)
            return OpenedDataset(
                dataset: result.dataset, issues: result.issues, format: type(of: scanner).formatName,
                zarrFormat: options.zarrFormat)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: location)
        }
    }

    /// Opens the reference set at `location`, in JSON, Parquet or packed; other files are refused.
    /// - Parameter partitions: decoded chunks of sets that are open together; nil for a cache of its own.
    public static func openReferences(
        _ location: String, partitions: PartitionCache? = nil, cancellation: Cancellation = Cancellation(),
        files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> OpenedDataset {
        do {
            if let path = parquetPath(location) {
                return try openParquet(path, partitions: partitions ?? PartitionCache())
            }
            return try openReferences(
                try files.stoppable(by: cancellation).open(location), origin: location,
                cancellation: cancellation)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: location)
        }
    }

    /// Opens the reference set that is the file `source`, in JSON or packed.
    public static func openReferences(
        _ source: any ByteSource, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> OpenedDataset {
        do {
            return try openReferences(source, origin: nil, cancellation: cancellation)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: source.name)
        }
    }

    private static func openReferences(
        _ source: any ByteSource, origin: String?, cancellation: Cancellation
    ) throws -> OpenedDataset {
        let environment = ScanEnvironment(cancellation: cancellation)
        let probe = try FormatProbe(source)
        if PackedDataset.recognizes(probe.start) { return try openPacked(source, origin, environment) }
        guard JSONReferenceReader.recognizes(probe.start) else {
            if let error = archiveError(probe.start, source) { throw error }
            throw KerchunkError(
                .unrecognized,
                "this is no reference set: expected JSON that starts with \"{\", a packed dataset, or a directory with \".zmetadata\""
            )
        }
        return try openJSON(source, environment)
    }

    /// The path of a directory of this machine, which a Parquet reference set is; nil for other locations.
    private static func parquetPath(_ location: String) -> String? {
        guard case .local(let path) = Location(location),
            (try? Platform.status(path))?.isDirectory == true
        else { return nil }
        return path
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
        return OpenedDataset(
            dataset: opened.dataset, issues: opened.issues, format: "packed", zarrFormat: opened.zarrFormat)
    }

    private static func openJSON(
        _ source: any ByteSource, _ environment: ScanEnvironment
    ) throws -> OpenedDataset {
        let loaded = try JSONReferenceReader(codecs: environment.codecs).read(
            source, cancellation: environment.cancellation)
        return OpenedDataset(
            dataset: loaded.dataset, issues: loaded.issues, format: "kerchunk JSON",
            zarrFormat: loaded.zarrFormat)
    }
}
