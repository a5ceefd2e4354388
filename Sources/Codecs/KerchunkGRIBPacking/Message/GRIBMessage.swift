// SPDX-License-Identifier: Apache-2.0
// A whole message, and the bytes of each of its fields.

package import KerchunkBytes

/// A message in memory.
package struct GRIBMessage: Sendable {
    /// 1 or 2.
    package let edition: Int
    package let bytes: Bytes
    /// Offset of the message in its file, for errors.
    package let base: UInt64
    package let sections: [GRIBSections]

    /// - Parameters:
    ///   - bytes: starts with the message; what follows it is passed over.
    ///   - base: offset of the message in its file.
    package init(_ bytes: Bytes, at base: UInt64 = 0) throws(ParseError) {
        var cutter = try SectionCutter(
            indicator: bytes[0..<min(SectionCutter.indicatorLength, bytes.count)], at: base)
        while !cutter.isAtEnd {
            guard cutter.position <= bytes.count else {
                throw ParseError(
                    "\(bytes.count) bytes of a message of \(cutter.length)", in: "GRIB message", at: base)
            }
            try cutter.take(
                bytes[cutter.position..<min(cutter.position + SectionCutter.headerLength, bytes.count)])
        }
        guard cutter.length <= bytes.count else {
            throw ParseError(
                "\(bytes.count) bytes of a message of \(cutter.length)", in: "GRIB message", at: base)
        }
        edition = cutter.edition
        self.bytes = bytes[0..<cutter.length]
        self.base = base
        sections = cutter.fields
    }

    /// The field number `index` of the message, from 0.
    /// - Returns: nil where there are fewer.
    package func field(_ index: Int) -> GRIBField? {
        guard sections.indices.contains(index) else { return nil }
        return GRIBField(message: self, sections: sections[index])
    }
}

/// One field of a message, with the sections that it inherited.
package struct GRIBField: Sendable {
    package let message: GRIBMessage
    package let sections: GRIBSections

    package var edition: Int { message.edition }

    /// Reads a section from its first octet on.
    package func parse<R>(
        _ place: Range<Int>, _ structure: StaticString, _ body: (inout ByteCursor) throws(ParseError) -> R
    ) throws(ParseError) -> R {
        try message.bytes[place].parse(at: message.base &+ UInt64(place.lowerBound), in: structure, body)
    }

    /// Edition 1: section 1, octets 27 and 28.
    package var decimalScaleOfEdition1: Int {
        get throws(ParseError) {
            try parse(sections.identification, "GRIB product definition section") {
                (cursor) throws(ParseError) in
                try cursor.skip(26)
                return try cursor.signed(2)
            }
        }
    }
}
