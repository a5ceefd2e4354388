// SPDX-License-Identifier: Apache-2.0
// What reference sets hold, and whether it is still true.

public import KerchunkModel
import KerchunkReading
public import KerchunkReferences
public import KerchunkStorage

extension Kerchunk {
    /// The values of `coordinate` as text, to name what is missing; nil where they are not embedded.
    public static func labels(of coordinate: VirtualArray) -> CoordinateLabels? {
        CoordinateLabels(coordinate, codecs: BuiltinCodecs.directory)
    }

    /// Holds references against the files that they point to: those are there and unchanged, and long enough.
    /// - Parameters:
    ///   - sampleSize: chunks to read and decode, too.
    ///   - seed: draws the same chunks each time.
    ///   - progress: told how much is done, from any thread.
    public static func verify(
        _ dataset: VirtualDataset, sampleSize: Int = 0, seed: UInt64 = 0,
        cancellation: Cancellation = Cancellation(), files: FileOpener = FileOpener(),
        progress: @escaping ReferenceVerifier.Progress = { _, _, _ in }
    ) throws(KerchunkError) -> ReferenceVerification {
        try ReferenceVerifier(
            sources: sourceReader(files.stoppable(by: cancellation), checksStamps: false),
            codecs: BuiltinCodecs.directory
        )
        .verify(dataset, sampleSize: sampleSize, seed: seed, cancellation: cancellation, progress: progress)
    }

    /// Opens the files that references name.
    /// - Parameter checksStamps: whether a file that is no longer what was recorded is an error.
    static func sourceReader(_ files: FileOpener, checksStamps: Bool = true) -> SourceReader {
        SourceReader(checksStamps: checksStamps) { try files.ofReferences.openSource($0) }
    }
}
