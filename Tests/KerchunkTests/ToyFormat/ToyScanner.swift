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

    func scan(_ target: Target, in context: ScanContext) throws -> ScanResult {
        try context.cancellation.check()
        let source = try target.file()
        // Walk: the header is all that there is to read.
        let size = try source.size()
        let start = try source.read(ByteRange(0..<min(size, ToyHeader.size)))
        let header = try start.parse(at: 0, in: "toy header") { cursor throws(ParseError) in
            try ToyHeader(parsing: &cursor)
        }
        // Translate.
        let layout = ToyLayout(header, splitsRows: context.options[Self.splitsRows])
        guard layout.end <= size else { throw Truncation(size: size, fullSize: layout.end).error }
        guard layout.chunkCount <= context.limits.chunks else {
            throw KerchunkError(.malformed, "\(layout.chunkCount) chunks are more than a file may have")
        }
        var dataset = VirtualDataset()
        dataset.root[header.name] = .array(
            try layout.array(in: source, &dataset.sources, embedding: context.options.inlineThreshold))
        return ScanResult(dataset, format: format)
    }
}
