// SPDX-License-Identifier: Apache-2.0
// Goes from message to message of a file by their lengths, and from section to section; no data section is read.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB, section 0 of editions 1 and 2.

import KerchunkBytes
import KerchunkGRIBPacking
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// The sections of one message but those with values.
struct MessageHeaders: Sendable {
    /// Of its first byte in the file.
    let offset: UInt64
    /// Bytes.
    let length: UInt64
    let edition: Int
    let discipline: Int
    let fields: [FieldSections]
}

/// One field: where its sections are, and those that describe it.
struct FieldSections: Sendable {
    /// Which field of its message, from 0.
    let index: Int
    let places: GRIBSections
    let identification: Bytes
    let localUse: Bytes?
    let grid: Bytes?
    let product: Bytes?
    /// The first bytes of the section that says how values are packed; of edition 1, of the section with the values.
    let representation: Bytes
}

/// Finds all messages of a file, from its start on.
///
/// What lies between messages (headers of bulletins, padding) is passed over. Trouble in one is an issue, and the search
/// goes on behind the start of it.
struct MessageWalk {
    private let source: any ByteSource
    private let size: UInt64
    private let limits: ScanLimits
    private let cancellation: Cancellation
    private var window: FileWindow
    private var search: MessageSearch
    /// Where the next message is looked for.
    private var position: UInt64 = 0

    /// What is wrong, with offsets in the file.
    private(set) var issues: [ParseError] = []
    /// Bytes outside of messages.
    private(set) var passedBytes: UInt64 = 0

    /// Bytes that are read at each place: a message's start, with all sections but the values where it is of common size.
    private static let headerRead: UInt64 = 4096
    /// Bytes of the packing's section that are kept.
    private static let representationRead: UInt64 = 64
    /// After so many sections, a message that turns out to be broken is not searched for others: what is gone through
    /// again is bounded by what was gone through.
    private static let sectionsToSearchAgain = 32
    /// Issues that are kept; of a file of noise there could be millions.
    static let largestIssueCount = 1000

    init(_ source: any ByteSource, limits: ScanLimits, cancellation: Cancellation) throws {
        self.source = source
        self.limits = limits
        self.cancellation = cancellation
        size = try source.size()
        window = FileWindow(source, size: size, blockSize: Self.headerRead)
        search = MessageSearch(source, size: size)
    }

    /// The next message; nil at the end of the file.
    mutating func next() throws -> MessageHeaders? {
        while true {
            guard let start = try nextStart() else { return nil }
            var progress = Progress()
            do {
                if let message = try message(at: start, &progress) {
                    position = start + message.length
                    return message
                }
                position = start + 1
            } catch let error as ParseError {
                note(error)
                position = max(start + 1, progress.sections > Self.sectionsToSearchAgain ? progress.end : 0)
            }
            try cancellation.check()
        }
    }

    private mutating func note(_ error: ParseError) {
        if issues.count < Self.largestIssueCount { issues.append(error) }
    }

    /// The next place that may be a message's start.
    private mutating func nextStart() throws -> UInt64? {
        // nearly all messages lie behind each other
        if let indicator = try window.bytes(at: position, upTo: 4), indicator == Self.mark { return position }
        guard let found = try search.next(from: position, cancellation) else {
            passedBytes += size - min(position, size)
            return nil
        }
        passedBytes += found - position
        return found
    }

    private static let mark = Bytes("GRIB")

    /// How far a message was gone through.
    private struct Progress {
        var sections = 0
        var end: UInt64 = 0
    }

    /// - Returns: nil where the mark is no message's start.
    private mutating func message(at start: UInt64, _ progress: inout Progress) throws -> MessageHeaders? {
        guard let indicator = try window.bytes(at: start, upTo: UInt64(SectionCutter.indicatorLength)),
            indicator.count >= 8
        else { return nil }
        // Text that has the four letters is no message, unless it has the number of an edition that there was.
        guard indicator[7] <= 3 else { return nil }
        var cutter = try SectionCutter(indicator: indicator, at: start)
        let isLarge = cutter.edition == 1 && cutter.length & 0x80_0000 != 0
        guard isLarge || UInt64(cutter.length) <= size - start else {
            throw ParseError(
                "a message of \(cutter.length) bytes, the file has \(size - start) from its start on",
                in: "GRIB message", at: start)
        }
        var kept = KeptSections()
        while !cutter.isAtEnd {
            let place = start + UInt64(cutter.position)
            guard let header = try window.bytes(at: place, upTo: UInt64(SectionCutter.headerLength)),
                header.count >= 4
            else { throw ParseError("the file ends inside the message", in: "GRIB message", at: place) }
            let before = cutter.position
            try cutter.take(header)
            progress.sections += 1
            progress.end = start + UInt64(cutter.position)
            if cutter.position > before, !cutter.isAtEnd {
                try keep(
                    header, before..<cutter.position, of: cutter, start,
                    isData: cutter.fields.count > kept.fieldCount,
                    &kept)
            }
        }
        guard UInt64(cutter.length) <= size - start else {
            throw ParseError(
                "a message of \(cutter.length) bytes, the file has \(size - start) from its start on",
                in: "GRIB message", at: start)
        }
        return MessageHeaders(
            offset: start, length: UInt64(cutter.length), edition: cutter.edition,
            discipline: Int(cutter.discipline), fields: kept.fields)
    }

    /// Sections that were read, by where they are in the message.
    private struct KeptSections {
        var bytes: [Int: Bytes] = [:]
        var fields: [FieldSections] = []
        var fieldCount: Int { fields.count }
    }

    private mutating func keep(
        _ header: Bytes, _ place: Range<Int>, of cutter: SectionCutter, _ start: UInt64, isData: Bool,
        _ kept: inout KeptSections
    ) throws {
        let number = cutter.edition == 2 ? Int(header[4]) : kept.bytes.isEmpty ? 1 : isData ? 5 : 3
        let wanted: UInt64
        switch number {
        case 1, 2, 3, 4: wanted = UInt64(place.count)
        case 5: wanted = min(UInt64(place.count), Self.representationRead)
        default: wanted = 0
        }
        guard wanted <= limits.structureSize else {
            throw ParseError(
                "section \(number) of \(place.count) bytes", in: "GRIB message",
                at: start + UInt64(place.lowerBound))
        }
        if wanted > 0 {
            let offset = start + UInt64(place.lowerBound)
            guard let bytes = try window.bytes(at: offset, upTo: wanted), UInt64(bytes.count) == wanted else {
                throw ParseError("the file ends inside section \(number)", in: "GRIB message", at: offset)
            }
            kept.bytes[place.lowerBound] = bytes
        }
        guard isData, let places = cutter.fields.last,
            let identification = kept.bytes[places.identification.lowerBound],
            let representation = kept.bytes[places.representation.lowerBound]
        else { return }
        kept.fields.append(
            FieldSections(
                index: cutter.fields.count - 1, places: places, identification: identification,
                localUse: places.localUse.flatMap { kept.bytes[$0.lowerBound] },
                grid: places.grid.flatMap { kept.bytes[$0.lowerBound] },
                product: places.product.flatMap { kept.bytes[$0.lowerBound] }, representation: representation)
        )
    }
}
