// SPDX-License-Identifier: Apache-2.0
// Cuts a message into sections by their headers alone, so that it serves readers that have the whole message and readers
// that fetch only what they need.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, sections 0 to 8, and edition 1, sections 0 to 5.

package import KerchunkBytes

/// Goes from section to section of one message.
///
/// ```
/// var cutter = try SectionCutter(indicator: first16Bytes, at: offset)
/// while !cutter.isAtEnd { try cutter.take(bytes(at: cutter.position, upTo: SectionCutter.headerLength)) }
/// ```
package struct SectionCutter: Sendable {
    /// Bytes that `init` needs.
    package static let indicatorLength = 16
    /// Bytes that `take` looks at; fewer where the message ends before.
    package static let headerLength = 8

    /// 1 or 2.
    package let edition: Int
    /// Edition 2: master table of section 0, octet 7.
    package let discipline: UInt8
    /// Offset of the message in its file, for errors.
    package let base: UInt64
    /// Bytes of the whole message. Of a message of edition 1 with more than 8 MiB it is right only at the end.
    package private(set) var length: Int
    /// Where the next section starts, counted from the start of the message.
    package private(set) var position: Int
    /// Whether the end section was seen.
    package private(set) var isAtEnd = false
    /// The fields of which all sections were seen, in the order of the message.
    package private(set) var fields: [GRIBSections] = []

    private var lastSection = 0
    private var parts = Parts()
    /// Edition 1: the sections that there will be.
    private var hasGrid = false
    private var hasBitmap = false

    private struct Parts {
        var identification, localUse, grid, product, representation: Range<Int>?
        var bitmap: GRIBSections.Bitmap?
        /// The last bitmap of the message that has bits of its own.
        var lastBitmap: Range<Int>?
    }

    /// - Parameters:
    ///   - indicator: the first 16 bytes of the message; 8 are enough for edition 1.
    ///   - base: offset of the message in its file.
    package init(indicator: Bytes, at base: UInt64 = 0) throws(ParseError) {
        (edition, length, discipline) = try indicator.parse(at: base, in: "GRIB indicator section") {
            (cursor) throws(ParseError) in
            try cursor.expect("GRIB")
            let claimed = try cursor.unsigned(3)
            let edition = Int(try cursor.uint8())
            switch edition {
            case 1: return (1, claimed, 0)
            case 2:
                let length = try cursor.unsigned(8)
                guard length >= 20 else { throw cursor.error("a message of \(length) bytes") }
                return (2, length, UInt8(truncatingIfNeeded: claimed))
            default:
                throw cursor.error("edition \(edition), expected 1 or 2")
            }
        }
        self.base = base
        position = edition == 1 ? 8 : 16
    }

    private func error(_ problem: String) -> ParseError {
        ParseError(problem, in: "GRIB message", at: base &+ UInt64(position))
    }

    /// Takes the header of the section at `position`, and goes behind the section.
    /// - Parameter header: up to 8 bytes from there on.
    package mutating func take(_ header: Bytes) throws(ParseError) {
        if header.count >= 4, header[0..<4] == Bytes("7777"),
            edition == 2 ? lastSection == 7 : lastSection == 4
        {
            guard position + 4 == length else {
                throw error("the end section, \(length - position) bytes before the message's end")
            }
            position += 4
            isAtEnd = true
            return
        }
        if edition == 1 { try takeOfEdition1(header) } else { try takeOfEdition2(header) }
    }

    // MARK: Edition 2

    private mutating func takeOfEdition2(_ header: Bytes) throws(ParseError) {
        let (size, number, indicator) = try header.parse(
            at: base &+ UInt64(position), in: "GRIB section"
        ) { (cursor) throws(ParseError) in
            let size = try cursor.unsigned(4)
            let number = Int(try cursor.uint8())
            return (size, number, number == 6 ? Int(try cursor.uint8()) : 0)
        }
        guard (1...7).contains(number) else { throw error("a section \(number)") }
        guard size >= (number == 6 ? 6 : 5), size <= length - 4 - position else {
            throw error(
                "section \(number) of \(size) bytes, \(max(0, length - 4 - position)) are left in the message"
            )
        }
        let isInOrder =
            switch lastSection {
            case 0: number == 1
            case 7: (2...4).contains(number)
            default: number > lastSection
            }
        guard isInOrder else { throw error("section \(number) behind section \(lastSection)") }
        if lastSection == 7 { parts.product = nil }
        if number == 4 {
            parts.representation = nil
            parts.bitmap = nil
        }
        let place = position..<position + size
        switch number {
        case 1: parts.identification = place
        case 2: parts.localUse = place
        case 3: parts.grid = place
        case 4: parts.product = place
        case 5: parts.representation = place
        case 6: parts.bitmap = try bitmap(indicator, place)
        default: try finishField(place)
        }
        lastSection = number
        position += size
    }

    private mutating func bitmap(_ indicator: Int, _ place: Range<Int>) throws(ParseError)
        -> GRIBSections.Bitmap
    {
        switch indicator {
        case 0:
            parts.lastBitmap = place
            return .section(place)
        case 254:
            guard let last = parts.lastBitmap else {
                throw error("a bitmap that refers to one before it, of which there is none")
            }
            return .section(last)
        case 255: return .none
        default: return .predefined(indicator)
        }
    }

    private mutating func finishField(_ data: Range<Int>) throws(ParseError) {
        guard let identification = parts.identification, let grid = parts.grid, let product = parts.product,
            let representation = parts.representation, let bitmap = parts.bitmap
        else {
            let missing = [
                parts.grid == nil ? 3 : nil, parts.product == nil ? 4 : nil,
                parts.representation == nil ? 5 : nil, parts.bitmap == nil ? 6 : nil,
            ].compactMap { $0 }
            throw error("section 7 without section \(missing[0])")
        }
        fields.append(
            GRIBSections(
                identification: identification, localUse: parts.localUse, grid: grid, product: product,
                representation: representation, bitmap: bitmap, data: data))
        parts.representation = nil
        parts.bitmap = nil
    }

    // MARK: Edition 1

    private mutating func takeOfEdition1(_ header: Bytes) throws(ParseError) {
        let next: Int
        switch lastSection {
        case 0: next = 1
        case 1: next = hasGrid ? 2 : hasBitmap ? 3 : 4
        case 2: next = hasBitmap ? 3 : 4
        case 3: next = 4
        default: throw error("bytes behind section 4 that are no end section")
        }
        var (size, flags, tail) = try header.parse(
            at: base &+ UInt64(position), in: "GRIB section"
        ) { (cursor) throws(ParseError) in
            let size = try cursor.unsigned(3)
            guard next == 1 || next == 3 else { return (size, 0, 0) }
            try cursor.skip(1)
            let tail = next == 3 ? try cursor.unsigned(2) : 0
            if next == 1 { try cursor.skip(3) }
            return (size, next == 1 ? Int(try cursor.uint8()) : 0, tail)
        }
        if next == 4 { try resolveLargeMessage(&size) }
        let smallest = [28, 6, 6, 11][next - 1]
        guard size >= smallest, size <= length - 4 - position else {
            throw error(
                "section \(next) of \(size) bytes, \(max(0, length - 4 - position)) are left in the message")
        }
        let place = position..<position + size
        switch next {
        case 1:
            parts.identification = place
            hasGrid = flags & 0x80 != 0
            hasBitmap = flags & 0x40 != 0
        case 2: parts.grid = place
        case 3: parts.bitmap = tail == 0 ? .section(place) : .predefined(tail)
        default:
            guard let identification = parts.identification else { throw error("no section 1") }
            fields.append(
                GRIBSections(
                    identification: identification, localUse: nil, grid: parts.grid, product: nil,
                    representation: place, bitmap: parts.bitmap ?? .none, data: place))
        }
        lastSection = next
        position += size
    }

    /// ECMWF's messages of more than 8 MiB have their length in units of 120 bytes, and in section 4's length what that
    /// is too much.
    private mutating func resolveLargeMessage(_ size: inout Int) throws(ParseError) {
        guard length & 0x80_0000 != 0, size < 120 else { return }
        length = (length & 0x7F_FFFF) * 120 - size + 4
        guard length - 4 > position else { throw error("a message of \(length) bytes") }
        size = length - 4 - position
    }
}
