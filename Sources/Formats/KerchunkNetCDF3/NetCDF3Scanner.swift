// SPDX-License-Identifier: Apache-2.0
// netCDF-3 files: classic, 64-bit offset and CDF-5. The table of contents of this module.
// Spec: NetCDF User's Guide, "File Format Specifications": "The NetCDF Classic Format", "The 64-bit Offset Format",
// "The 64-bit Data Format (CDF-5)".

import KerchunkBytes
import KerchunkModel
public import KerchunkScanning
import KerchunkStorage

/// Scans netCDF-3.
public struct NetCDF3Scanner: FormatScanner {
    public let format = Format("netcdf3", name: "netCDF-3", endings: ["nc", "cdf", "nc3"])

    public init() {}

    public func recognizes(_ probe: Probe) -> Recognition {
        Recognition(HeaderVersion.allCases.contains { probe.starts(with: $0.signature) })
    }

    public func tree(of target: Target, in context: ScanContext) throws -> ScannedTree {
        let source = try target.file()
        try context.expectNoGroup(format)
        // Walk: the header, which says where everything is.
        let header = try HeaderReader(limits: context.limits, cancellation: context.cancellation).read(source)
        let size = try source.size()
        var layout = try DataLayout(header, fileSize: size)
        var tree = ScannedTree(in: context)
        try tree.expectWhole(size: size, fullSize: layout.fullSize)
        layout.leaveOutLostRecords(fileSize: size)
        // Translate.
        var translator = VariableTranslator(
            header: header, layout: layout,
            source: try tree.sources.add(source, fullSize: layout.fullSize), fileSize: size)
        let (attributes, remarks) = translator.attributes.translate(header.attributes)
        tree.attributes = attributes
        tree.add(remarks)
        for (variable, place) in zip(header.variables, layout.places) {
            try tree.addArray(variable.name) { translator.translate(variable, place) }
        }
        return tree
    }
}
