// SPDX-License-Identifier: Apache-2.0
// All members of a ZIP archive, from the directory at its end: one request, or two where that is long.
// Spec: PKWARE APPNOTE 6.3.10, 4.3 "General Format of a .ZIP file".

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

struct ZipDirectory {
    private let source: any ByteSource
    private let size: UInt64
    private let limits: ArchiveLimits
    /// The end of the archive.
    private let tail: Bytes
    private let tailOffset: UInt64

    /// Most directories are in what is read first.
    private static let firstRead: UInt64 = 256 << 10

    init(_ source: any ByteSource, limits: ArchiveLimits) throws {
        self.source = source
        self.limits = limits
        size = try source.size()
        tailOffset = size - min(size, max(Self.firstRead, ZipEndRecord.longestTail))
        tail = try source.read(ByteRange(tailOffset..<size))
    }

    /// The directory, and what offsets in it must have added.
    private struct Found {
        let range: ByteRange
        let shift: UInt64
        /// Where the directory is if its offset is from the start of the file, and something lies behind it.
        let stated: ByteRange
    }

    func members(_ cancellation: Cancellation) throws -> MemberList {
        let found = try find()
        guard found.range.count <= limits.directory else {
            throw KerchunkError(
                .limit, "a directory of \(found.range.count) bytes; the limit is \(limits.directory)",
                offset: found.range.offset)
        }
        var (range, shift) = (found.range, found.shift)
        var directory = try read(range)
        if shift > 0, !directory.isEmpty, !startsWithEntry(directory) {
            let other = try read(found.stated)
            if startsWithEntry(other) { (range, shift, directory) = (found.stated, 0, other) }
        }
        var list = MemberList(limits: limits)
        var position = 0
        while position < directory.count {
            try cancellation.check()
            let offset = range.offset + UInt64(position)
            let (entry, used) = try directory.dropping(position).parse(at: offset, in: "ZIP directory entry")
            {
                cursor throws(ParseError) in (try ZipEntry(parsing: &cursor), cursor.position)
            }
            position += used
            try list.add(
                name: entry.name, size: entry.size, content(of: entry, shift: shift, at: offset))
        }
        return list
    }

    private func startsWithEntry(_ bytes: Bytes) -> Bool {
        bytes.count >= 4 && bytes[0..<4] == Bytes([0x50, 0x4B, 0x01, 0x02])
    }

    private func content(of entry: ZipEntry, shift: UInt64, at offset: UInt64) throws(ParseError)
        -> ArchiveMember.Content
    {
        if entry.isDirectory { return .directory }
        if entry.isEncrypted {
            return .unreachable("is encrypted; decrypt it, and pack it without compression")
        }
        if entry.isSymbolicLink {
            return .unreachable("is a symbolic link; name the file that it points to")
        }
        if entry.isOnOtherDisk { return .unreachable("is in another part of a split archive") }
        guard entry.method == 0 || entry.method == 8 else {
            return .unreachable(
                "is compressed (\(entry.methodName)), so references cannot point into it; pack the archive again "
                    + "without compression (zip -0, or zipfile.ZIP_STORED in Python), or extract it")
        }
        guard entry.method == 8 || entry.storedSize == entry.size else {
            return .unreachable(
                "is declared as stored, but with \(entry.storedSize) of \(entry.size) bytes")
        }
        guard let header = entry.headerOffset.adding(shift) else {
            throw ParseError("offset \(entry.headerOffset)", in: "ZIP directory entry", at: offset)
        }
        return .behindHeader(
            ZipPlace(
                headerOffset: header, storedSize: entry.storedSize, isDeflated: entry.method == 8,
                storedName: Bytes(entry.storedName)))
    }

    private func find() throws -> Found {
        var problem: ParseError?
        for position in ZipEndRecord.candidates(in: tail) {
            do throws(ParseError) {
                let record = try tail.dropping(position).parse(
                    at: tailOffset + UInt64(position), in: "end of the ZIP directory"
                ) { cursor throws(ParseError) in try ZipEndRecord(parsing: &cursor) }
                if let found = try place(record, at: position) { return found }
            } catch {
                problem = problem ?? error
            }
        }
        if let problem { throw problem }
        let start = try source.read(ByteRange(0..<min(8, size)))
        if let error = CompressedFile.error(start) { throw error }
        guard start.count >= 2, start[0] == 0x50, start[1] == 0x4B else {
            throw KerchunkError(.unrecognized, "not a ZIP archive: the record at its end is missing")
        }
        throw KerchunkError(
            .malformed, "the ZIP archive is incomplete: the record at its end is missing")
    }

    /// - Throws: where the record makes no sense.
    private func place(_ record: ZipEndRecord, at position: Int) throws(ParseError) -> Found? {
        let end = tailOffset + UInt64(position)
        if let large = try largeRecord(before: position) {
            guard !large.record.isSplit else { throw split(end) }
            return try place(
                large.record.directoryOffset, large.record.directorySize, before: large.offset)
        }
        guard !record.isSplit else { throw split(end) }
        return try place(record.directoryOffset, record.directorySize, before: end)
    }

    /// The directory lies right before the records at the end; what is before the archive shifts all offsets.
    private func place(_ offset: UInt64, _ length: UInt64, before end: UInt64) throws(ParseError) -> Found {
        guard length <= end, offset <= end - length else {
            throw ParseError(
                "a directory of \(length) bytes at byte \(offset), but the archive ends at byte \(end)",
                in: "end of the ZIP directory", at: end)
        }
        return Found(
            range: ByteRange(end - length..<end), shift: end - length - offset,
            stated: ByteRange(offset..<offset + length))
    }

    private func split(_ end: UInt64) -> ParseError {
        ParseError("the archive is split; join its parts", in: "end of the ZIP directory", at: end)
    }

    /// The 64-bit record: right before its locator, as all write it.
    private func largeRecord(before position: Int) throws(ParseError) -> (
        record: Zip64EndRecord, offset: UInt64
    )? {
        let locator = position - Zip64EndRecord.locatorSize
        guard locator >= 0 else { return nil }
        let stated = try tail.dropping(locator).parse(at: tailOffset + UInt64(locator), in: "ZIP locator") {
            cursor throws(ParseError) in try Zip64EndRecord.statedOffset(parsing: &cursor)
        }
        guard let stated else { return nil }
        let adjacent = locator - Zip64EndRecord.size
        // Records may carry more than they need; then only the locator knows where they start.
        let starts = [adjacent] + (stated >= tailOffset && stated < size ? [Int(stated - tailOffset)] : [])
        for start in starts where start >= 0 && start < locator {
            let record = try? tail.dropping(start).parse(at: tailOffset + UInt64(start), in: "ZIP end") {
                cursor throws(ParseError) in try Zip64EndRecord(parsing: &cursor)
            }
            if let record { return (record, tailOffset + UInt64(start)) }
        }
        throw ParseError(
            "the 64-bit record is not where it should be", in: "end of the ZIP directory",
            at: tailOffset + UInt64(locator))
    }

    private func read(_ range: ByteRange) throws -> Bytes {
        guard range.offset >= tailOffset else { return try source.read(range) }
        let start = Int(range.offset - tailOffset)
        return tail[start..<start + Int(range.count)]
    }
}
