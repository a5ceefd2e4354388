// SPDX-License-Identifier: Apache-2.0
// Packed datasets in and out: one file each, read lazily.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkReferences
public import KerchunkStorage

extension Kerchunk {
    /// Opens the packed dataset in the file `path`; its chunks are read when they are asked for.
    /// - Parameter reader: shared by datasets that are used together; nil for one of its own.
    public static func openPacked(
        _ path: String, reader: PackedDatasetReader? = nil
    ) throws(KerchunkError) -> PackedDataset {
        if let reader { return try reader.open(path) }
        return try packedReader().open(path)
    }

    /// A reader of packed datasets, which keeps few of their files open however many they are.
    /// - Parameter cacheSize: bytes of decoded chunks that are kept.
    public static func packedReader(
        cacheSize: Int = PackedDatasetReader.defaultCacheSize
    ) throws(KerchunkError) -> PackedDatasetReader {
        try PackedDatasetReader(codecs: BuiltinCodecs.directory, cacheSize: cacheSize) {
            try FileOpener().openSource($0)
        }
    }

    /// Writes `dataset` as a packed dataset to the file `path`, which appears whole or not at all.
    /// - Parameters:
    ///   - issues: what is not in the dataset, to be known to those who open it.
    ///   - note: anything else that they shall know.
    ///   - blockRows: chunks that are read together, up to 8192.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public static func save(
        _ dataset: VirtualDataset, asPacked path: String, issues: [Issue] = [],
        note: JSONObject = [:], blockRows: Int = 8192, overwrite: Bool = false,
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        let file = try AtomicFile(path, overwrite: overwrite)
        do {
            let count = try PackedDatasetWriter(
                codecs: BuiltinCodecs.directory, blockRows: blockRows
            ).write(
                dataset, issues: issues, note: note, to: file,
                cancellation: cancellation)
            try cancellation.check()
            try refuseToReplaceSource(path, dataset)
            try file.commit()
            return count
        } catch {
            file.abort()
            throw KerchunkError(wrapping: error).locating(url: path)
        }
    }
}
