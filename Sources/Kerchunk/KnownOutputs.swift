// SPDX-License-Identifier: Apache-2.0
// Whether an output of an earlier scan still tells the truth.

import KerchunkBytes
public import KerchunkModel
import KerchunkReferences
import KerchunkStorage

/// What is at the place of a scan's output.
public enum KnownOutput: Hashable, Sendable {
    /// Nothing.
    case absent
    /// References of the same file, which is what it was; so are others that it names.
    case current
    /// References of the same file, which has changed since, or whose state they do not record.
    case outdated
    /// Something else.
    case other
}

extension Kerchunk {
    /// Holds what is at `output` against the state of `input`; options of the scan are not compared.
    public static func knownOutput(
        _ output: String, of input: String, session: Session = Session()
    ) throws(KerchunkError) -> KnownOutput {
        guard try exists(output, session: session) else { return .absent }
        var recorded: [ExactText: SourceStamp]
        do throws(KerchunkError) {
            var reading = session
            reading.files = session.outputs
            let opened = try openReferences(output, session: reading)
            recorded = opened.recordedStamps
            for known in opened.dataset.sources.sources where recorded[known.url] == nil {
                recorded[known.url] = known.stamp
            }
        } catch {
            if error.kind == .cancelled { throw error }
            return .other
        }
        let source: any ByteSource
        do {
            source = try session.files.openSource(input)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: input)
        }
        guard let url = source.placement?.url else { return .other }
        var isFound = false
        var isCurrent = true
        for (known, stamp) in recorded {
            let now: SourceStamp?
            if known.text.isExactly(url) {
                isFound = true
                now = try? source.stamp
            } else {
                // A file that the input names.
                now = try? session.files.openSource(known.text).stamp
            }
            if now.map(stamp.agrees) != true { isCurrent = false }
        }
        try session.cancellation.check()
        return isFound ? (isCurrent ? .current : .outdated) : .other
    }
}

extension SourceStamp {
    /// Whether a file that was in this state when it was recorded can be taken for unchanged: something that tells changes
    /// must be recorded, and be the same.
    fileprivate func agrees(_ now: SourceStamp) -> Bool {
        guard let size, size == now.size else { return false }
        if let eTag, let present = now.eTag { return eTag == present }
        guard let modificationTime else { return false }
        return modificationTime == now.modificationTime
    }
}
