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

/// Finds the messages of a file, or those that start in a part of it.
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
    /// No message from here on is looked for.
    private let end: UInt64
    /// Where the next message is looked for: behind `end` after a message that reaches across it.
    private(set) var position: UInt64

    /// What is wrong: where the message seemed to start, and the error.
    private(set) var issues: [(start: UInt64, error: ParseError)] = []
    /// Bytes of messages.
    private(set) var messageBytes: UInt64 = 0
    /// What the walk went over without looking for messages inside.
    private(set) var spans: [Range<UInt64>] = []

    /// Reads that waited for each other.
    var readCount: Int { window.readCount + search.readCount }

    /// Bytes that are read at each place: a message's start, with all sections but the values where it is of common size.
    private static let headerRead: UInt64 = 4096
    /// Bytes of the packing's section that are kept.
    private static let representationRead: UInt64 = 64
    /// After so many sections, a message that turns out to be broken is not searched for others: what is gone through
    /// again is bounded by what was gone through.
    private static let sectionsToSearchAgain = 32
    /// Issues that are kept; of a file of noise there could be millions.
    static let largestIssueCount = 1000

    /// - Parameter part: where messages may start; nil for the whole file.
    init(
        _ source: any ByteSource, part: Range<UInt64>? = nil, limits: ScanLimits, cancellation: Cancellation
    ) throws {
        self.source = source
        self.limits = limits
        self.cancellation = cancellation
        size = try source.size()
        position = part?.lowerBound ?? 0
        end = part?.upperBound ?? size
        window = FileWindow(source, size: size, blockSize: Self.headerRead)
        search = MessageSearch(
            source, size: min(size, end + (MessageSearch.markLength - 1)), isRemote: part != nil)
    }

    /// The next message; nil at the end of the file.
    mutating func next() throws -> MessageHeaders? {
        while true {
            guard let start = try nextStart() else { return nil }
            var progress = Progress()
            do {
                if let message = try message(at: start, &progress) {
                    position = start + message.length
                    messageBytes += message.length
                    spans.append(start..<position)
                    return message
                }
                position = start + 1
            } catch let error as ParseError {
                if issues.count < Self.largestIssueCount { issues.append((start, error)) }
                position = start + 1
                if progress.sections > Self.sectionsToSearchAgain, progress.end > position {
                    position = progress.end
                    spans.append(start..<position)
                }
            }
            try cancellation.check()
        }
    }

    /// The next place that may be a message's start.
    private mutating func nextStart() throws -> UInt64? {
        guard position < end else { return nil }
        // nearly all messages lie behind each other
        if let indicator = try window.bytes(at: position, upTo: 4), indicator == Self.mark { return position }
        guard let found = try search.next(from: position, cancellation), found < end else {
            position = end
            return nil
        }
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
