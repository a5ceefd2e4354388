// SPDX-License-Identifier: Apache-2.0
// Anything that is a dataset: a file of a known format, or references to one.

import KerchunkBytes
public import KerchunkModel
import KerchunkReferences
public import KerchunkScanning
import KerchunkStorage

/// A dataset, and what it was made of.
public struct OpenedDataset: Sendable {
    public var dataset: VirtualDataset
    public var issues: [Issue]
    /// `HDF5`, or `kerchunk JSON`.
    public var format: String
}

extension Kerchunk {
    /// Scans the file at `location`, or reads it where it is a reference set.
    public static func open(
        _ location: String, options: ScanOptions = ScanOptions(),
        environment: ScanEnvironment = ScanEnvironment()
    ) throws(KerchunkError) -> OpenedDataset {
        do {
            let source = try openFile(location)
            let probe = try FormatProbe(source)
            if JSONReferenceReader.recognizes(probe.start) {
                let loaded = try JSONReferenceReader(codecs: environment.codecs).read(
                    source, cancellation: environment.cancellation)
                return OpenedDataset(dataset: loaded.dataset, issues: loaded.issues, format: "kerchunk JSON")
            }
            let scanner = try recognize(probe, among: environment.formats)
            let result = try scan(source, options: options, environment: environment, origin: location)
            return OpenedDataset(
                dataset: result.dataset, issues: result.issues, format: type(of: scanner).formatName)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: location)
        }
    }
}
