// SPDX-License-Identifier: Apache-2.0
// The format of docs/adding-a-format.md: one array of 32-bit floats a file. The table of contents of the format.

import Kerchunk

struct ToyScanner: FormatScanner {
    /// Whether chunks are rows, and not the whole array.
    static let splitsRows = TypedOption<Bool>("toy_rows", false, "Whether each row is a chunk.")

    let format = Format("toy", name: "Toy", endings: ["toy"], options: [splitsRows])

    func recognizes(_ probe: Probe) -> Recognition {
        Recognition(probe.starts(with: ToyHeader.signature))
    }

    func tree(of target: Target, in context: ScanContext) throws -> ScannedTree {
        let source = try target.file()
        try context.expectNoGroup(format)
        // Walk: the header is all that there is to read.
        let size = try source.size()
        let start = try source.read(ByteRange(0..<min(size, ToyHeader.size)))
        let header = try start.parse(at: 0, in: "toy header") { cursor throws(ParseError) in
            try ToyHeader(parsing: &cursor)
        }
        // Translate.
        var tree = ScannedTree(in: context)
        try tree.expectWhole(size: size, fullSize: header.fileSize)
        let index = try tree.sources.add(source, fullSize: header.fileSize)
        try tree.addArray(header.name) {
            header.array(in: index, splitsRows: context.options[Self.splitsRows])
        }
        return tree
    }
}
