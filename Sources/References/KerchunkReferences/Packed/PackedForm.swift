// SPDX-License-Identifier: Apache-2.0
// Our own form: one file that is read lazily. Layout: docs/packed.md.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// Packed datasets.
public struct PackedForm: FileReferenceForm {
    public let id = "packed"
    public let name = "packed"
    public let formatName = "packed"
    public let endings = [".kpack"]
    public let keepsIssues = true
    public let keepsMissingData = true
    public let writableZarrFormats: ClosedRange<Int>? = 2...3

    /// Chunks that are read together: fewer where short runs will be read.
    public static let blockRows = TypedOption<UInt64>(
        "block_rows", 8192, in: 1...8192,
        "Chunks that are read together; use fewer if short runs will be read.")

    public init() {}

    public var options: [any DeclaredOption] { [Self.blockRows] }

    public func recognizes(_ start: Bytes) -> Bool { PackedLayout.startsFile(start) }

    /// Sets of this machine that are open together share a few open files.
    public func open(
        _ source: any ByteSource, path: String?, _ reading: ReferenceReading
    ) throws(KerchunkError) -> Opened {
        let reader = try reading.shared.value(of: self) { () throws(KerchunkError) in
            try PackedDatasetReader(codecs: reading.codecs, limits: reading.limits, open: reading.reopen)
        }
        if let path { return try reader.open(path) }
        return try reader.open(source)
    }

    public func write(
        _ dataset: VirtualDataset, to output: any Upload, named name: String, _ writing: ReferenceWriting
    ) throws -> UInt64 {
        try PackedDatasetWriter(
            codecs: writing.codecs, blockRows: Int(writing.options[Self.blockRows])
        ).write(
            dataset, issues: writing.issues, note: writing.note, to: output,
            cancellation: writing.cancellation)
    }
}
