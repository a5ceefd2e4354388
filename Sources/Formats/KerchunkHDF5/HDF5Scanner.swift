// SPDX-License-Identifier: Apache-2.0
// HDF5 and netCDF-4 files: the table of contents of this module.
// Spec: HDF5 File Format Specification 3.0.

import KerchunkModel
public import KerchunkScanning
import KerchunkStorage

/// Scans HDF5, and so netCDF-4.
public struct HDF5Scanner: FormatScanner {
    public let format = Format(
        "hdf5", name: "HDF5", endings: ["nc", "nc4", "h5", "hdf5", "hdf", "he5"],
        options: HDF5Scanner.options)

    public init() {}

    static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Spec: II.A: the signature stands at byte 0, 512, 1024, 2048, and so on; here up to 1 GiB.
    static let signatureOffsets: [UInt64] = [0] + (9...30).map { 1 << $0 }

    public func recognizes(_ probe: Probe) -> Recognition {
        probe.find(Self.signature, at: Self.signatureOffsets)
    }

    public func scan(_ target: Target, in context: ScanContext) throws -> ScanResult {
        try context.cancellation.check()
        let source = try target.file()
        // Walk: which objects are there, under which names.
        let file = try HDF5File.open(source, in: context)
        let hierarchy = try file.hierarchy(in: context)
        // Translate: walks the chunk indexes of all selected variables together.
        var translation = HierarchyTranslation(file: file, context: context)
        let dataset = try translation.translate(hierarchy.nodes)
        return ScanResult(dataset, issues: hierarchy.issues + translation.issues, format: format)
    }
}
