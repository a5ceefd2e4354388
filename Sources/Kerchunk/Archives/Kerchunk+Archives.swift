// SPDX-License-Identifier: Apache-2.0
// Members of archives by patterns, and references to members as references to the archives.

import KerchunkArchives
import KerchunkBytes
public import KerchunkModel
import KerchunkReferences
import KerchunkStorage

extension Kerchunk {
    /// All files that a chain with patterns means: `tar://*.nc::archive.tar`, `zip://**::data/*.zip`.
    /// - Returns: chains in the order of the archives and their members' names; nil where `location` has no archive, or no
    ///   pattern.
    public static func members(
        matching location: String, session: Session = Session()
    ) throws(KerchunkError) -> [String]? {
        guard let chain = try LocationChain(location), !chain.steps.isEmpty else { return nil }
        let files = session.files
        var hasPattern = false
        var chains = [LocationChain(outer: chain.outer, steps: [])]
        if let outer = try outerLocations(matching: chain.outer, files) {
            hasPattern = true
            chains = outer.map { LocationChain(outer: $0, steps: []) }
        }
        for step in chain.steps {
            var next: [LocationChain] = []
            for chain in chains {
                let named = LocationChain(outer: chain.outer, steps: chain.steps + [step])
                guard LocalStore.isPattern(step.member) || hasBraces(step.member) else {
                    next.append(named)
                    continue
                }
                let archive = try files.archives.archive(of: named, files)
                if (try? archive.member(step.member)) != nil {
                    next.append(named)
                    continue
                }
                hasPattern = true
                for name in try names(matching: step.member, in: archive) {
                    let found = LocationChain(
                        outer: chain.outer, steps: chain.steps + [.init(step.kind, name)])
                    guard try LocationChain(found.text) == found else {
                        throw KerchunkError(
                            .unsupported,
                            "the pattern \"\(step.member)\" matches the member \"\(name)\", whose name cannot be "
                                + "part of a chain", url: archive.name)
                    }
                    next.append(found)
                }
            }
            chains = next
        }
        return hasPattern ? chains.map(\.text) : nil
    }

    /// Members that `pattern` means, in the order of its alternatives, and of their names for each.
    private static func names(
        matching pattern: String, in archive: Archive
    ) throws(KerchunkError) -> [String] {
        var names: [String] = []
        for pattern in try expandingBraces(pattern) {
            if LocalStore.isPattern(pattern) {
                names += archive.names(matching: pattern)
            } else if let member = try? archive.member(pattern), member.isFile {
                names.append(pattern)
            }
        }
        return distinct(names)
    }

    /// `dataset` with references to members of archives, such as `tar://a.nc::file:///x.tar`, as references to the
    /// archives themselves; others stay as they are.
    /// - Throws: for members that are not there, and for parts of members that are compressed.
    public static func dereference(
        _ dataset: VirtualDataset, session: Session = Session()
    ) throws(KerchunkError) -> VirtualDataset {
        try dataset.relocatingSources(codecs: session.codecs, cancellation: session.cancellation) {
            urls throws(KerchunkError) in
            try windows(of: urls, session.files)
        }
    }

    /// Where the files that `urls` name lie in archives; nil for those that do not.
    private static func windows(
        of urls: [String], _ files: FileOpener
    ) throws(KerchunkError) -> [SourceWindow?] {
        var windows = [SourceWindow?](repeating: nil, count: urls.count)
        var byArchive: [LocationChain: [(index: Int, chain: LocationChain)]] = [:]
        for (index, url) in urls.enumerated() {
            guard let chain = try? LocationChain(url), let step = chain.steps.last,
                let container = chain.container
            else { continue }
            let key = LocationChain(outer: container.outer, steps: container.steps + [.init(step.kind, "")])
            byArchive[key, default: []].append((index, chain))
        }
        for (_, parts) in byArchive.sorted(by: { $0.value[0].index < $1.value[0].index }) {
            let archive = try files.archives.archive(of: parts[0].chain, files)
            guard let placement = archive.placement else {
                throw KerchunkError(.unsupported, "the archive has no location of its own", url: archive.name)
            }
            var members: [ArchiveMember] = []
            for file in parts { members.append(try archive.member(file.chain.steps.last?.member ?? "")) }
            let stamp: SourceStamp
            do { stamp = try archive.stamp } catch { throw KerchunkError(wrapping: error) }
            for (file, location) in zip(parts, try archive.locations(of: members)) {
                let range = location.range
                windows[file.index] = SourceWindow(
                    url: placement.url,
                    range: ByteRange(
                        placement.baseOffset + range.offset..<placement.baseOffset + range.end),
                    stamp: stamp, codec: location.isDeflated ? CodecSpec("deflate") : nil)
            }
        }
        return windows
    }
}
