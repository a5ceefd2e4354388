// SPDX-License-Identifier: Apache-2.0
// Reference sets into other reference sets. What needs no files is a method of `VirtualDataset`: `renamingSources`,
// `selecting`, `subchunking`.

public import KerchunkModel
public import KerchunkReferences

extension Kerchunk {
    /// `dataset` with the bytes of all chunks of fewer than `threshold` stored bytes, read from their sources when the
    /// chunks are asked for.
    public static func inlineChunks(of dataset: VirtualDataset, below threshold: UInt64) -> VirtualDataset {
        dataset.inliningChunks(below: threshold, reading: sourceReader())
    }

    /// `dataset` with whole arrays decoded and embedded as one raw chunk each.
    /// - Returns: the dataset, and what could not be read and stays as it is.
    public static func inlineArrays(
        of dataset: VirtualDataset, _ choice: ArrayInlining
    ) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        try dataset.inliningArrays(choice, reading: sourceReader(), codecs: BuiltinCodecs.directory)
    }
}
