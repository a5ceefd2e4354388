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

    public func tree(of target: Target, in context: ScanContext) throws -> ScannedTree {
        let source = try target.file()
        var tree = ScannedTree(in: context)
        // Walk: which objects are there, under which names, and what their attributes point to.
        let file = try HDF5File.open(source, in: context)
        _ = try tree.sources.add(source, fullSize: file.fullSize)
        let hierarchy = try file.hierarchy(in: context)
        tree.issues += hierarchy.issues
        let values = try LinkedValues(of: hierarchy.nodes, in: file)
        // Translate: names.
        let dimensions = try file.dimensions(of: hierarchy.nodes, values, in: context)
        let variables = HierarchyTranslation(hierarchy.nodes, values, in: &tree).variables
        for (number, file) in values.files.enumerated() {
            try tree.expectWhole(size: try file.source.size(), fullSize: file.fullSize)
            // Walk: the chunk indexes of all variables of a file that are wanted, together.
            let members = variables.filter { values.index(of: $0.node.file) == number }
            let located = try file.locate(members.map(\.header), in: context, &tree.sources)
            // Translate: elements, filters, missing values.
            let translator = DatasetTranslator(file: file, values: values.readers[number], in: context)
            for (variable, located) in zip(members, located) {
                try tree.fill(variable.place) { try translator.translate(variable, located, dimensions) }
            }
        }
        return tree
    }
}
