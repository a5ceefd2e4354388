// SPDX-License-Identifier: Apache-2.0
// Which parts of which datasets a virtual dataset shows.
// Spec: HDF5 File Format Specification 3.0, III.E "Global Heap Block for Virtual Datasets".

import KerchunkBytes

/// One mapping; `%b` in a name stands for the number of a block of an unlimited selection.
struct VirtualMapping: Hashable, Sendable {
    /// `.` for the virtual dataset's own file.
    let fileName: String
    let datasetName: String
    let sourceSelection: Selection
    let virtualSelection: Selection

    /// All mappings of one heap object.
    static func parseAll(_ cursor: inout ByteCursor, sizes: FieldSizes, limit: Int) throws(ParseError)
        -> [VirtualMapping]
    {
        cursor.enter("virtual dataset mappings")
        let version = try cursor.uint8()
        guard version <= 1 else { throw cursor.error("version \(version)") }
        let count = try cursor.count(width: sizes.length, limit: limit, of: "mappings")
        var mappings: [VirtualMapping] = []
        for _ in 0..<count {
            // Version 1 can say that a name is that of an earlier mapping.
            let flags = version == 1 ? try cursor.uint8() : 0
            cursor.enter("virtual dataset mappings")
            let file: String
            if flags & 4 != 0 {
                file = "."
            } else {
                file = try name(&cursor, isShared: flags & 1 != 0, sizes, mappings.map(\.fileName))
            }
            let dataset = try name(&cursor, isShared: flags & 2 != 0, sizes, mappings.map(\.datasetName))
            mappings.append(
                VirtualMapping(
                    fileName: file, datasetName: dataset, sourceSelection: try Selection(parsing: &cursor),
                    virtualSelection: try Selection(parsing: &cursor)))
        }
        return mappings
    }

    private static func name(
        _ cursor: inout ByteCursor, isShared: Bool, _ sizes: FieldSizes, _ earlier: [String]
    ) throws(ParseError) -> String {
        guard isShared else { return decodeText(try cursor.nullTerminated()).text }
        let index = try cursor.length(sizes)
        guard index < UInt64(earlier.count) else { throw cursor.error("a name shared with mapping \(index)") }
        return earlier[Int(index)]
    }
}
