// SPDX-License-Identifier: Apache-2.0
// Virtual datasets out to reference files.

public import KerchunkModel
public import KerchunkReferences
public import KerchunkStorage

extension Kerchunk {
    /// Writes `dataset` as kerchunk JSON to `path`, which appears whole or not at all; compressed where the path ends in
    /// `.zst` or `.gz`, or where `options` say so.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public static func save(
        _ dataset: VirtualDataset, asJSON path: String,
        options: JSONReferenceWriter.Options = JSONReferenceWriter.Options(), overwrite: Bool = false,
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        let file = try AtomicFile(path, overwrite: overwrite)
        var options = options
        options.compression = options.compression ?? JSONReferenceWriter.compression(ofFileNamed: path)
        return try write(dataset, asJSONTo: file, named: path, options: options, cancellation: cancellation)
    }

    /// Writes `dataset` as kerchunk JSON to `output` and commits it.
    /// - Parameter name: names the output in errors.
    @discardableResult
    public static func write(
        _ dataset: VirtualDataset, asJSONTo output: any Upload, named name: String,
        options: JSONReferenceWriter.Options = JSONReferenceWriter.Options(),
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        do {
            let count = try JSONReferenceWriter(options: options, codecs: BuiltinCodecs.directory).write(
                dataset, to: output, cancellation: cancellation)
            try cancellation.check()
            try output.commit()
            return count
        } catch {
            output.abort()
            var failure = KerchunkError(wrapping: error)
            if failure.kind != .cancelled { failure.kind = .output }
            failure.url = name
            throw failure
        }
    }
}
