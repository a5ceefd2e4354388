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

    public func scan(_ target: Target, in context: ScanContext) throws -> ScanResult {
        try context.cancellation.check()
        let source = try target.file()
        let path = context.options.group.split(separator: "/").joined(separator: "/")
        guard path.isEmpty else {
            throw KerchunkError(.notFound, "there is no group \"/\(path)\": netCDF-3 files have none")
        }
        // Walk: the header, which says where everything is.
        let header = try HeaderReader(limits: context.limits, cancellation: context.cancellation).read(source)
        // Translate.
        let size = try source.size()
        var layout = try DataLayout(header, fileSize: size)
        let truncation =
            layout.fullSize > size ? Truncation(size: size, fullSize: layout.fullSize) : nil
        if let truncation, !context.options.salvages { throw truncation.error }
        layout.leaveOutLostRecords(fileSize: size)
        var translation = try HeaderTranslation(header, layout, source: source, context: context)
        let dataset = try translation.translate()
        return ScanResult(
            dataset, issues: (truncation.map { [$0.issue] } ?? []) + translation.issues, format: format)
    }
}
