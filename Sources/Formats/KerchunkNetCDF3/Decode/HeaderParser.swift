// SPDX-License-Identifier: Apache-2.0
// Headers. Spec: NetCDF Classic Format, "The Format in Detail"; CDF-5 widens each NON_NEG to 8 bytes.

import KerchunkBytes
import KerchunkScanning

/// Parses the header at the start of a file, of which the first bytes are here.
struct HeaderParser {
    private let bytes: Bytes
    /// Bytes of the whole file, which no count can exceed.
    private let fileSize: UInt64
    private let limits: ScanLimits
    private var version = HeaderVersion.classic
    /// After an error: as many bytes of the file as the header is known to need. Nil where more bytes would not help.
    private(set) var neededSize: UInt64?

    /// Spec: netCDF's NC_MAX_VAR_DIMS.
    private static let largestRank: UInt64 = 1024
    private enum Tag {
        static let dimension: UInt32 = 10
        static let variable: UInt32 = 11
        static let attribute: UInt32 = 12
    }

    /// - Parameter bytes: the first of the file, not more than `fileSize`.
    init(_ bytes: Bytes, fileSize: UInt64, limits: ScanLimits) {
        self.bytes = bytes
        self.fileSize = fileSize
        self.limits = limits
    }

    mutating func parse() throws(ParseError) -> Header {
        neededSize = nil
        let bytes = bytes
        return try bytes.parse(at: 0, in: "netCDF-3 header") { cursor throws(ParseError) in
            try header(&cursor)
        }
    }

    private mutating func header(_ cursor: inout ByteCursor) throws(ParseError) -> Header {
        try need(4, &cursor)
        try cursor.expect("CDF")
        guard let version = HeaderVersion(rawValue: try cursor.uint8()) else {
            throw cursor.error("version other than 1, 2 and 5")
        }
        self.version = version
        let records = try count(&cursor)
        let streaming = version.countWidth == 8 ? UInt64.max : UInt64(UInt32.max)
        let dimensions = try self.dimensions(&cursor)
        let attributes = try self.attributes(&cursor)
        let variables = try self.variables(&cursor, dimensionCount: dimensions.count)
        return Header(
            version: version, recordCount: records == streaming ? nil : records, dimensions: dimensions,
            attributes: attributes, variables: variables, size: cursor.offset)
    }

    // MARK: Lists

    private mutating func dimensions(_ cursor: inout ByteCursor) throws(ParseError) -> [Header.Dimension] {
        cursor.enter("list of dimensions")
        var dimensions: [Header.Dimension] = []
        for _ in 0..<(try listCount(Tag.dimension, words: 2, &cursor)) {
            cursor.enter("dimension")
            let name = try self.name(&cursor)
            let length = try count(&cursor)
            dimensions.append(Header.Dimension(name: name, length: length == 0 ? nil : length))
        }
        return dimensions
    }

    private mutating func attributes(_ cursor: inout ByteCursor) throws(ParseError) -> [Header.Attribute] {
        cursor.enter("list of attributes")
        var attributes: [Header.Attribute] = []
        for _ in 0..<(try listCount(Tag.attribute, words: 2, &cursor)) {
            cursor.enter("attribute")
            let name = try self.name(&cursor)
            let type = try elementType(&cursor)
            let count = try self.count(&cursor)
            let values = try padded(count, of: UInt64(type.size), &cursor)
            attributes.append(
                Header.Attribute(name: name, type: type, count: values.count / type.size, values: values))
        }
        return attributes
    }

    private mutating func variables(
        _ cursor: inout ByteCursor, dimensionCount: Int
    ) throws(ParseError) -> [Header.Variable] {
        cursor.enter("list of variables")
        var variables: [Header.Variable] = []
        for _ in 0..<(try listCount(Tag.variable, words: 4, &cursor)) {
            cursor.enter("variable")
            let offset = cursor.offset
            let name = try self.name(&cursor)
            let rank = try count(&cursor)
            guard rank <= Self.largestRank else {
                throw cursor.error("\(rank) dimensions, expected at most \(Self.largestRank)")
            }
            var dimensions: [Int] = []
            for _ in 0..<rank {
                let number = try count(&cursor)
                guard number < UInt64(dimensionCount) else {
                    throw cursor.error("it has dimension \(number), but the file has \(dimensionCount)")
                }
                dimensions.append(Int(number))
            }
            let attributes = try self.attributes(&cursor)
            cursor.enter("variable")
            let type = try elementType(&cursor)
            // vsize: too narrow for large variables, and wrong in real files; it follows from the shape.
            _ = try count(&cursor)
            let begin = try number(width: version.offsetWidth, &cursor)
            variables.append(
                Header.Variable(
                    name: name, dimensions: dimensions, attributes: attributes, type: type, begin: begin,
                    offset: offset))
        }
        return variables
    }

    /// Entries of the list that starts here.
    /// - Parameter words: counts that an entry has at least, each of the version's width.
    private mutating func listCount(
        _ tag: UInt32, words: UInt64, _ cursor: inout ByteCursor
    ) throws(ParseError) -> Int {
        try need(4, &cursor)
        let found = try cursor.uint32BigEndian()
        let count = try self.count(&cursor)
        if found == 0 {
            guard count == 0 else { throw cursor.error("\(count) entries in a list that is absent") }
            return 0
        }
        guard found == tag else { throw cursor.error("tag \(found), expected \(tag)") }
        let entrySize = words * UInt64(version.countWidth)
        guard count <= (fileSize - cursor.offset) / entrySize, count <= UInt64(limits.objects) else {
            throw cursor.error("\(count) entries in a file of \(fileSize) bytes")
        }
        return Int(count)
    }

    // MARK: Parts

    private mutating func name(_ cursor: inout ByteCursor) throws(ParseError) -> FileText {
        let bytes = try padded(try count(&cursor), of: 1, &cursor)
        return try bytes.parse(at: cursor.offset, in: "name") { cursor throws(ParseError) in
            try cursor.text(bytes.count)
        }
    }

    private mutating func elementType(_ cursor: inout ByteCursor) throws(ParseError) -> ElementType {
        try need(4, &cursor)
        let number = try cursor.uint32BigEndian()
        guard let type = ElementType(rawValue: number) else {
            throw cursor.error("type \(number), expected 1 to 11")
        }
        return type
    }

    /// `count` elements of `size` bytes and the padding behind them, up to a multiple of 4 bytes.
    private mutating func padded(
        _ count: UInt64, of size: UInt64, _ cursor: inout ByteCursor
    ) throws(ParseError) -> Bytes {
        guard let total = count.multiplied(by: size), let filled = total.paddedToWord else {
            throw cursor.error("\(count) elements of \(size) bytes in a file of \(fileSize)")
        }
        try need(filled, &cursor)
        // `need` has compared both with what is left, so they fit.
        let start = cursor.position
        let values = bytes[start..<start + Int(total)]
        try cursor.skip(Int(filled))
        return values
    }

    private mutating func count(_ cursor: inout ByteCursor) throws(ParseError) -> UInt64 {
        try number(width: version.countWidth, &cursor)
    }

    private mutating func number(width: Int, _ cursor: inout ByteCursor) throws(ParseError) -> UInt64 {
        try need(UInt64(width), &cursor)
        return width == 8 ? try cursor.uint64BigEndian() : UInt64(try cursor.uint32BigEndian())
    }

    /// Throws unless `count` more bytes are here; tells where they would help.
    private mutating func need(_ count: UInt64, _ cursor: inout ByteCursor) throws(ParseError) {
        guard count > UInt64(cursor.remaining) else { return }
        guard let end = cursor.offset.adding(count), end <= fileSize else {
            throw cursor.error("needs \(count) bytes, but the file ends at byte \(fileSize)")
        }
        guard end <= limits.structureSize else {
            throw cursor.error("the header has more than \(limits.structureSize) bytes")
        }
        neededSize = end
        throw cursor.error("needs \(count) bytes, but only \(cursor.remaining) are left")
    }
}

extension UInt64 {
    /// The next multiple of 4; nil where it does not fit.
    var paddedToWord: UInt64? { adding(3).map { $0 & ~3 } }
}
