// SPDX-License-Identifier: Apache-2.0
// All members of a TAR archive, header by header: it has no index.
// Spec: POSIX.1-2017, pax; GNU tar manual 1.34, "Basic Tar Format".

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

struct TarWalk {
    private var window: HeaderWindow
    private var list: MemberList
    private let limits: ArchiveLimits
    private let cancellation: Cancellation
    private var pending = Pending()
    /// Of headers for all members that follow.
    private var common = PaxRecords()

    /// What headers before the one of a member say about it.
    private struct Pending {
        var isEmpty = true
        var longName: [UInt8]?
        var longLink: [UInt8]?
        var records = PaxRecords()
    }

    /// Blocks of zeros end an archive and fill it up; behind more than this nothing is looked for.
    private static let longestPadding: UInt64 = 1 << 20

    init(_ source: any ByteSource, limits: ArchiveLimits, cancellation: Cancellation) throws {
        window = try HeaderWindow(source)
        list = MemberList(limits: limits)
        self.limits = limits
        self.cancellation = cancellation
    }

    mutating func members() throws -> MemberList {
        var position: UInt64 = 0
        var padding: UInt64 = 0
        while position < window.size {
            try cancellation.check()
            guard window.size - position >= TarHeader.blockSize else {
                if padding > 0 { break }
                if position == 0, window.size < 512 {
                    throw CompressedFile.error(try window.read(0, count: window.size)) ?? notAnArchive
                }
                throw ParseError(
                    "the archive ends after \(window.size - position) of 512 bytes", in: "TAR header",
                    at: position)
            }
            if pending.isEmpty { window.enter(position) }
            let block = try window.read(position, count: TarHeader.blockSize)
            if block.array.allSatisfy({ $0 == 0 }) {
                padding += TarHeader.blockSize
                if padding > Self.longestPadding { break }
                position += TarHeader.blockSize
                continue
            }
            let header: TarHeader
            do throws(ParseError) {
                header = try block.parse(at: position, in: "TAR header") { cursor throws(ParseError) in
                    try TarHeader(parsing: &cursor)
                }
            } catch {
                // Behind the end of an archive anything may follow: another archive, or what is left of older ones.
                if padding > 0 { break }
                guard position == 0, !TarHeader.hasMagic(block) else { throw error }
                throw CompressedFile.error(block) ?? notAnArchive
            }
            padding = 0
            position = try take(header, at: position)
        }
        guard pending.isEmpty else {
            throw ParseError(
                "the archive ends before the member that it is for", in: "TAR header", at: position)
        }
        return list
    }

    /// - Returns: where the next header is.
    private mutating func take(_ header: TarHeader, at position: UInt64) throws -> UInt64 {
        var start = position + TarHeader.blockSize
        switch header.kind {
        case .longName, .longLink, .extended, .extendedForAll:
            let bytes = try extendedHeader(header, at: start)
            switch header.kind {
            case .longName: pending.longName = terminated(bytes.array)
            case .longLink: pending.longLink = terminated(bytes.array)
            case .extended: try pending.records.add(bytes, at: start)
            default: try common.add(bytes, at: start)
            }
            if header.kind != .extendedForAll { pending.isEmpty = false }
            return try end(of: header.size, from: start).next
        default: break
        }
        var hasMoreMap = header.hasMoreMap
        while hasMoreMap {
            try cancellation.check()
            guard start < window.size, window.size - start >= TarHeader.blockSize else { return window.size }
            hasMoreMap = try window.read(start, count: TarHeader.blockSize)[504] != 0
            start += TarHeader.blockSize
        }
        let dataSize = header.hasData ? pending.records.size ?? common.size ?? header.size : 0
        let (dataEnd, next) = try end(of: dataSize, from: start)
        try addMember(header, ByteRange(start..<dataEnd))
        pending = Pending()
        return next
    }

    private mutating func addMember(_ header: TarHeader, _ data: ByteRange) throws {
        let name =
            pending.records.path ?? common.path ?? pending.longName ?? header.name
        let link =
            pending.records.linkPath ?? common.linkPath ?? pending.longLink ?? header.linkName
        let content: ArchiveMember.Content
        switch header.kind {
        case .directory: content = .directory
        case .file where pending.records.isSparse || common.isSparse, .sparse:
            content = .unreachable(
                "is sparse: its bytes are not contiguous; extract it, or make the archive without --sparse")
        case .file:
            content =
                data.end <= window.size
                ? .stored(data)
                : .unreachable("ends at byte \(data.end) of the archive, which has \(window.size)")
        case .hardLink: content = .link(to: normalizedMemberName(SystemText.string(link)))
        case .symbolicLink:
            content =
                linkTarget(SystemText.string(link), from: SystemText.string(name)).map { .link(to: $0) }
                ?? .unreachable("is a symbolic link to a place outside the archive")
        case .continued:
            content = .unreachable("continues from another volume; join the volumes, or extract it")
        default: content = .unreachable("is not a file")
        }
        try list.add(name: SystemText.string(name), size: data.count, content)
    }

    private mutating func extendedHeader(_ header: TarHeader, at start: UInt64) throws -> Bytes {
        guard header.size <= limits.extendedHeader else {
            throw KerchunkError(
                .limit,
                "an extended header of \(header.size) bytes; the limit is \(limits.extendedHeader)",
                offset: start)
        }
        guard start <= window.size, header.size <= window.size - start else {
            throw ParseError(
                "\(header.size) bytes, but the archive ends at byte \(window.size)",
                in: "extended TAR header", at: start)
        }
        return try window.read(start, count: header.size)
    }

    /// Where `count` bytes from `start` end, and the block behind them.
    private func end(of count: UInt64, from start: UInt64) throws -> (end: UInt64, next: UInt64) {
        guard let end = start.adding(count), let padded = end.adding(TarHeader.blockSize - 1) else {
            throw ParseError("a member of \(count) bytes", in: "TAR header", at: start)
        }
        return (end, padded / TarHeader.blockSize * TarHeader.blockSize)
    }

    private var notAnArchive: KerchunkError {
        KerchunkError(.unrecognized, "not a TAR archive: its first block is not a header", offset: 0)
    }
}

/// What a symbolic link at `name` points to, from the root of the archive; nil where that is outside.
private func linkTarget(_ target: String, from name: String) -> String? {
    guard !target.hasPrefix("/") else { return nil }
    var components = normalizedMemberName(name).split(separator: "/").dropLast()
    for component in target.split(separator: "/") where component != "." {
        if component == ".." {
            guard components.popLast() != nil else { return nil }
        } else {
            components.append(component)
        }
    }
    return components.joined(separator: "/")
}
