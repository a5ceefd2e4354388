// SPDX-License-Identifier: Apache-2.0
// A TAR or ZIP archive whose members are read where they lie.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// The members of an archive, and their bytes.
// A class because all who read its members share the list.
public final class Archive: Sendable {
    public let kind: ArchiveKind
    /// In the order of the archive, each name once.
    public var members: [ArchiveMember] { list.members }
    private let list: MemberList
    private let source: any ByteSource
    private let size: UInt64
    private let limits: ArchiveLimits

    /// Reads what is in the archive `source`: two requests for ZIP, for TAR as many as the headers lie apart.
    public init(
        _ source: any ByteSource, kind: ArchiveKind, limits: ArchiveLimits = ArchiveLimits(),
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) {
        self.kind = kind
        self.source = source
        self.limits = limits
        do {
            size = try source.size()
            switch kind {
            case .tar:
                var walk = try TarWalk(source, limits: limits, cancellation: cancellation)
                list = try walk.members()
            case .zip:
                list = try ZipDirectory(source, limits: limits).members(cancellation)
            }
        } catch {
            throw KerchunkError(wrapping: error).locating(url: source.name)
        }
    }

    /// Whether a file that starts with `start`, at least 512 bytes, is a TAR archive with a magic word.
    public static func isTar(_ start: Bytes) -> Bool {
        TarHeader.hasMagic(start)
            && (try? start.parse(at: 0, in: "TAR header") { cursor throws(ParseError) in
                try TarHeader(parsing: &cursor)
            }) != nil
    }

    /// Whether a file that starts with `start` is a ZIP archive without a program before it.
    public static func isZip(_ start: Bytes) -> Bool {
        [[0x50, 0x4B, 0x03, 0x04], [0x50, 0x4B, 0x05, 0x06], [0x50, 0x4B, 0x07, 0x08]].contains {
            start.count >= 4 && start[0..<4] == Bytes($0)
        }
    }

    public var name: String { source.name }
    /// Where the archive itself lies.
    public var placement: Placement? { source.placement }
    /// The state of the file that the archive lies in.
    public var stamp: SourceStamp { get throws { try source.stamp } }

    /// The member that `name` means, links being followed.
    public func member(_ name: String) throws(KerchunkError) -> ArchiveMember {
        var wanted = normalizedMemberName(name)
        for _ in 0...limits.links {
            guard let position = list.positions[wanted] else {
                let isLink = wanted != normalizedMemberName(name)
                throw KerchunkError(
                    .notFound,
                    isLink
                        ? "the member \"\(name)\" is a link to \"\(wanted)\", which is not in the archive"
                        : "the archive has no member \"\(name)\"; \(summary())", url: source.name)
            }
            let member = members[position]
            guard case .link(let target) = member.content else { return member }
            wanted = target
        }
        throw KerchunkError(
            .malformed, "the member \"\(name)\" is a broken link", url: source.name)
    }

    /// The names of all files that `pattern` fits, sorted.
    public func names(matching pattern: String) -> [String] {
        let pattern = PathPattern(pattern)
        return members.filter { isFile($0) && pattern.matches($0.name) }.map(\.name).sorted()
    }

    /// Whether a name is that of a file, maybe through links.
    private func isFile(_ member: ArchiveMember) -> Bool {
        guard case .link = member.content else { return member.isFile }
        return (try? self.member(member.name))?.isFile ?? false
    }

    /// How many files there are, and the first ones: for messages.
    public func summary(limit: Int = 5) -> String {
        let files = members.filter(\.isFile)
        guard !files.isEmpty else { return "it has no files" }
        let names = files.prefix(limit).map { "\"\($0.name)\"" }.joined(separator: ", ")
        let more = files.count > limit ? " and \(files.count - limit) more" : ""
        return "it has \(names)\(more)"
    }

    /// Where the bytes of files are; local headers of a ZIP archive are read in one batch.
    /// - Throws: for the first that has no bytes in one piece.
    public func locations(of files: [ArchiveMember]) throws(KerchunkError) -> [MemberLocation] {
        var locations: [MemberLocation?] = []
        var places: [(index: Int, name: String, place: ZipPlace)] = []
        for (index, file) in files.enumerated() {
            switch file.content {
            case .stored(let range): locations.append(MemberLocation(range: range, isDeflated: false))
            case .behindHeader(let place):
                locations.append(nil)
                places.append((index, file.name, place))
            case .directory: throw refusal(file, "is a directory")
            case .link: throw refusal(file, "is a link")
            case .unreachable(let reason): throw refusal(file, reason)
            }
        }
        do {
            let headers = try source.read(
                try places.map { try ZipLocalHeader.range($0.place, archiveSize: size) })
            for (header, (index, name, place)) in zip(headers, places) {
                do throws(KerchunkError) {
                    locations[index] = try ZipLocalHeader.location(place, header, archiveSize: size)
                } catch {
                    throw KerchunkError(
                        error.kind, "the member \"\(name)\" \(error.message)", url: source.name,
                        offset: error.offset)
                }
            }
        } catch {
            throw KerchunkError(wrapping: error).locating(url: source.name)
        }
        return locations.compactMap { $0 }
    }

    /// The bytes of the member `name`, which references to them place in the outermost file.
    /// - Parameter chain: what messages call it.
    public func open(_ name: String, as chain: String) throws(KerchunkError) -> any ByteSource {
        let member = try member(name)
        let location = try locations(of: [member])[0]
        guard !location.isDeflated else {
            throw refusal(
                member,
                "is compressed, so references cannot point into it; pack the archive again without compression "
                    + "(zip -0, or zipfile.ZIP_STORED in Python), or extract it")
        }
        return MemberSource(source, window: location.range, name: chain)
    }

    private func refusal(_ member: ArchiveMember, _ reason: String) -> KerchunkError {
        KerchunkError(.unsupported, "the member \"\(member.name)\" \(reason)", url: source.name)
    }
}
