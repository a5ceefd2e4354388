// SPDX-License-Identifier: Apache-2.0
// What reference sets hold, and whether it is still true.

public import KerchunkModel
import KerchunkReading
public import KerchunkReferences

extension Kerchunk {
    /// The values of `coordinate` as text, to name what is missing; nil where they are not embedded.
    public static func labels(
        of coordinate: VirtualArray, session: Session = Session()
    ) -> CoordinateLabels? {
        CoordinateLabels(coordinate, codecs: session.codecs)
    }

    /// Holds references against the files that they point to: those are there and unchanged, and long enough.
    /// - Parameters:
    ///   - sampleSize: chunks to read and decode, too.
    ///   - seed: draws the same chunks each time.
    ///   - progress: told how much is done, from any thread.
    public static func verify(
        _ dataset: VirtualDataset, sampleSize: Int = 0, seed: UInt64 = 0,
        session: Session = Session(),
        progress: @escaping ReferenceVerifier.Progress = { _, _, _ in }
    ) throws(KerchunkError) -> ReferenceVerification {
        try ReferenceVerifier(
            sources: session.sourceReader(checksStamps: false), codecs: session.codecs
        )
        .verify(
            dataset, sampleSize: sampleSize, seed: seed, cancellation: session.cancellation,
            progress: progress)
    }
}
