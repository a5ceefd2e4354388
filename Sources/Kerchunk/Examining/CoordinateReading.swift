// SPDX-License-Identifier: Apache-2.0
// Which coordinates are read to be shown, and from where.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReading
package import KerchunkReferences
import KerchunkStorage

/// Reads the values of coordinates that a reference set embeds, or that lie in files which may be read for it.
package struct CoordinateReading: Sendable {
    let codecs: CodecDirectory
    private let files: FileOpener?
    private let readsRemote: Bool

    /// What came of one coordinate.
    package enum Outcome: Sendable {
        case read(CoordinateSummary)
        /// Why it was not.
        case unread(String)
    }

    /// Chunks of a coordinate outside of the set that are read: in local files, and in remote ones.
    private static let localLimit: UInt64 = 1 << 16
    private static let remoteLimit: UInt64 = 1 << 10

    /// - Parameters:
    ///   - readsFiles: whether what lies in files is read, and not only what is embedded.
    ///   - readsRemote: whether also in remote ones that a reference set names.
    package init(_ session: Session = Session(), readsFiles: Bool = false, readsRemote: Bool = false) {
        codecs = session.codecs
        files = readsFiles ? session.sources : nil
        self.readsRemote = readsRemote
    }

    /// The steps of a coordinate; nil where it has none, or they are not known without reading more.
    package func steps(of array: VirtualArray, in opened: Opened, location: String) -> CoordinateSteps? {
        guard let counts = try? ChunkSurvey(array),
            case .read(let summary)? = outcome(of: array, counts: counts, in: opened, location: location)
        else { return nil }
        return summary.steps
    }

    /// - Returns: nil for what has no first and last value.
    func outcome(
        of array: VirtualArray, counts: ChunkSurvey, in opened: Opened, location: String
    ) -> Outcome? {
        guard array.shape.count <= 1, !array.shape.contains(0), array.dataType != .object else { return nil }
        if let problem = problem(array, counts, opened, location) { return .unread(problem) }
        let files = files
        let sources = SourceReader { url in
            guard let files else {
                throw KerchunkError(.unsupported, "the coordinate is not embedded", url: url)
            }
            return try files.ofReferences.openSource(url)
        }
        do throws(KerchunkError) {
            let elements = try ArrayReader(codecs: codecs, sources: sources)
                .elements(of: array, in: opened.dataset.sources)
            return try CoordinateSummary(array, elements: elements)
                .map { .read($0) }
        } catch {
            return .unread(error.message)
        }
    }

    /// Why a coordinate is not read; nil where it is.
    private func problem(
        _ array: VirtualArray, _ counts: ChunkSurvey, _ opened: Opened, _ location: String
    ) -> String? {
        if (array.shape.first ?? 1) > CoordinateSummary.limit {
            return "it has more than \(counted(CoordinateSummary.limit, "value"))"
        }
        guard counts.references > 0 else { return nil }
        guard files != nil else { return "its values are not embedded" }
        var isRemote = false
        var isLocal = false
        do {
            try array.chunks.forEachRun { _, manifest in
                manifest.forEachPresent { _, location in
                    switch location {
                    case .range(let source, _), .wholeFile(let source):
                        if Location.isRemote(opened.dataset.sources[source].url) {
                            isRemote = true
                        } else {
                            isLocal = true
                        }
                    case .inline, .missing: break
                    }
                }
            }
        } catch {
            return KerchunkError(wrapping: error).message
        }
        // A file is read as it was to be shown; what a set names, only where that is harmless and quick.
        let isFile = opened.form == nil
        if isRemote, !isFile, !readsRemote { return "its values are in remote files, which --read reads" }
        if isLocal, !isFile, Location.isRemote(location) { return "a remote set names local files" }
        let limit = isRemote ? Self.remoteLimit : Self.localLimit
        return counts.references > limit ? "its values are in \(counted(counts.references, "chunk"))" : nil
    }
}
