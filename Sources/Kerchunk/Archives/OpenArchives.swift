// SPDX-License-Identifier: Apache-2.0
// Archives that are open, so that each is listed once for all of its members.

import KerchunkBytes
public import KerchunkArchives
import KerchunkModel
import KerchunkStorage
import Synchronization

/// Finds members of archives, and keeps the archives that were used last.
// A class because all who open members share the lists.
public final class OpenArchives: Sendable {
    private let limits: ArchiveLimits
    private let entries = Mutex(Entries())
    private static let limit = 8

    private struct Entries {
        var known: [ExactText: (entry: Entry, lastUse: UInt64)] = [:]
        var clock: UInt64 = 0
    }

    // A class so that others wait for one archive while it is listed, and not for all.
    private final class Entry: Sendable {
        struct State {
            var archive: Archive?
            /// Of the outer file when it was opened, where that can be known without asking a server.
            var stamp = SourceStamp()
        }
        let state = Mutex(State())
    }

    public init(limits: ArchiveLimits = ArchiveLimits()) { self.limits = limits }

    /// Opens the member that `chain` names, without a cache.
    /// - Parameters:
    ///   - chain: has a step.
    ///   - files: opens the file that is not in an archive.
    func open(_ chain: LocationChain, _ files: FileOpener) throws(KerchunkError) -> any ByteSource {
        guard let step = chain.steps.last else {
            throw KerchunkError(.usage, "the name does not name a member of an archive", url: chain.text)
        }
        let archive = try archive(of: chain, files)
        guard !step.member.isEmpty else { throw bareArchiveError(archive) }
        return try archive.open(step.member, as: chain.text)
    }

    /// The archive that the last step of `chain` is about.
    func archive(of chain: LocationChain, _ files: FileOpener) throws(KerchunkError) -> Archive {
        guard let step = chain.steps.last, let container = chain.container else {
            throw KerchunkError(.usage, "the name does not name a member of an archive", url: chain.text)
        }
        let entry = entry(step.kind.rawValue + "://::" + container.text)
        do {
            return try entry.state.withLock { state in
                let stamp = localStamp(chain.outer)
                if let archive = state.archive, state.stamp == stamp { return archive }
                let source =
                    container.steps.isEmpty
                    ? try files.openSource(container.outer) : try open(container, files)
                let archive = try Archive(
                    source, kind: step.kind, limits: limits, cancellation: files.access.cancellation)
                state.archive = archive
                state.stamp = stamp
                return archive
            }
        } catch {
            throw KerchunkError(wrapping: error).locating(url: container.text)
        }
    }

    private func entry(_ key: String) -> Entry {
        entries.withLock { entries in
            entries.clock += 1
            let entry = entries.known[key]?.entry ?? Entry()
            entries.known[key] = (entry, entries.clock)
            if entries.known.count > Self.limit,
                let oldest = entries.known.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                entries.known[oldest.key] = nil
            }
            return entry
        }
    }

    private func localStamp(_ location: String) -> SourceStamp {
        guard case .local(let path) = Location(location), let status = Platform.statusIfAny(path) else {
            return SourceStamp()
        }
        return SourceStamp(size: status.size, modificationTime: status.modificationTime)
    }
}
