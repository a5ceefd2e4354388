// SPDX-License-Identifier: Apache-2.0
// HDF5 and netCDF-4 files: the table of contents of this module.
// Spec: HDF5 File Format Specification 3.0.

import KerchunkBytes
import KerchunkModel
public import KerchunkScanning
public import KerchunkStorage

/// Scans HDF5, and so netCDF-4.
public struct HDF5Scanner: FormatScanner {
    public static var formatName: String { "HDF5" }

    public init() {}

    static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Spec: II.A: the signature stands at byte 0, 512, 1024, 2048, and so on.
    public static func recognizes(_ probe: FormatProbe) -> Bool {
        probe.starts(with: signature) || probe.afterUserBlocks.contains { $0.bytes == Bytes(signature) }
    }

    public func scan(_ source: any ByteSource, in context: ScanContext) throws -> ScanResult {
        try context.cancellation.check()
        // Walk: which objects are there, under which names.
        let file = try HDF5File.open(source, in: context)
        let hierarchy = try file.hierarchy(in: context)
        // Translate: walks the chunk indexes of all selected variables together.
        var translation = HierarchyTranslation(file: file, context: context)
        let dataset = try translation.translate(hierarchy.nodes)
        return ScanResult(dataset: dataset, issues: hierarchy.issues + translation.issues)
    }
}
