// SPDX-License-Identifier: Apache-2.0
// Pages into columns.
// Spec: parquet-format 2.10, Encodings.md.

import KerchunkBytes
import KerchunkModel

/// What the values of one column chunk are appended to.
protocol ColumnBuilder {
    /// Takes the dictionary of the next data pages.
    mutating func takeDictionary(_ cursor: inout ByteCursor, of page: Page) throws(ParseError)
    /// Appends the rows of a data page.
    mutating func append(_ cursor: inout ByteCursor, of page: Page) throws(ParseError)
    /// Told the row of the file that the first page begins with.
    mutating func begin(atRow row: Int)
}

extension ColumnBuilder {
    /// - Parameter start: row of the file that the rows of `pages` are counted from.
    mutating func append(_ pages: inout PageReader, from start: Int, isFirst: inout Bool)
        throws(KerchunkError)
    {
        while let page = try pages.next() {
            var cursor = ByteCursor(
                page.values.span, at: page.offset,
                in: page.isDictionary ? "Parquet dictionary page" : "Parquet data page")
            do {
                if page.isDictionary {
                    try takeDictionary(&cursor, of: page)
                } else {
                    if isFirst { begin(atRow: start + page.firstRow) }
                    isFirst = false
                    try append(&cursor, of: page)
                }
            } catch {
                throw KerchunkError(error)
            }
        }
    }

    /// The indices of a page in a dictionary of `count` entries.
    func indices(
        _ cursor: inout ByteCursor, of page: Page, below count: Int
    ) throws(ParseError) -> [UInt32] {
        // A page of nulls may lack even the width.
        guard page.presentCount > 0 else { return [] }
        let width = Int(try cursor.uint8())
        let indices = try RunLength.decode(&cursor, bitWidth: width, count: page.presentCount)
        guard indices.allSatisfy({ $0 < count }) else {
            throw cursor.error("an index beyond the \(count) entries of the dictionary")
        }
        return indices
    }
}

extension Page {
    /// Appends `values`, which are those that are not null, with `filler` in between.
    func spread<Value>(_ values: [Value], filler: Value, into rows: inout [Value]) {
        guard let levels else {
            // Most columns have one page: then nothing is copied.
            if rows.isEmpty { rows = values } else { rows.append(contentsOf: values) }
            return
        }
        if presentCount == 0 {
            rows.append(contentsOf: repeatElement(filler, count: valueCount))
            return
        }
        rows.reserveCapacity(rows.count + valueCount)
        var next = 0
        for level in levels {
            if level == 0 {
                rows.append(filler)
            } else {
                rows.append(values[next])
                next += 1
            }
        }
    }
}

/// Whole numbers of any physical type that can hold them.
struct IntegerBuilder: ColumnBuilder {
    private(set) var column = IntegerColumn()
    private let type: PhysicalType
    private var dictionary: [Int64] = []

    init(_ type: PhysicalType) { self.type = type }

    mutating func begin(atRow row: Int) { column.firstRow = row }

    mutating func takeDictionary(_ cursor: inout ByteCursor, of page: Page) throws(ParseError) {
        dictionary = try PlainValues.integers(&cursor, type, count: page.valueCount)
    }

    mutating func append(_ cursor: inout ByteCursor, of page: Page) throws(ParseError) {
        let values: [Int64]
        switch page.encoding {
        case .plain where type == .int64:
            guard let integers = PageEncoding.integers(page.values, count: page.presentCount) else {
                throw cursor.error(
                    "\(page.presentCount) values of 8 bytes, but only \(cursor.remaining) bytes are left")
            }
            values = integers
        case .plain: values = try PlainValues.integers(&cursor, type, count: page.presentCount)
        case .dictionary, .plainDictionary:
            let dictionary = dictionary
            values = try indices(&cursor, of: page, below: dictionary.count).map { dictionary[Int($0)] }
        case .deltaPacked where type == .int32 || type == .int64:
            let packed =
                page.presentCount == 0 ? [] : try DeltaPacking.decode(&cursor, count: page.presentCount)
            values = type == .int64 ? packed : packed.map { Int64(Int32(truncatingIfNeeded: $0)) }
        default: throw cursor.error("numbers in the encoding \"\(page.encoding)\", which is not supported")
        }
        page.spread(values, filler: 0, into: &column.values)
    }
}

/// Byte strings.
struct ByteArrayBuilder: ColumnBuilder {
    private(set) var column = ByteArrayColumn()
    private let leaf: LeafColumn
    /// Where equal values shall become one.
    private var codes: [Bytes: UInt32]?
    /// The codes of the dictionary's entries.
    private var dictionary: [UInt32] = []

    init(_ leaf: LeafColumn, isDistinct: Bool) {
        self.leaf = leaf
        codes = isDistinct ? [:] : nil
    }

    mutating func begin(atRow row: Int) { column.firstRow = row }

    /// The code of `value`, which is new or known.
    private mutating func code(_ value: Bytes) -> UInt32 {
        if let last = column.values.last, codes != nil, last == value { return UInt32(column.values.count) }
        if let known = codes?[value] { return known }
        column.values.append(value)
        let code = UInt32(column.values.count)
        codes?[value] = code
        return code
    }

    mutating func takeDictionary(_ cursor: inout ByteCursor, of page: Page) throws(ParseError) {
        dictionary = try plain(&cursor, of: page)
    }

    mutating func append(_ cursor: inout ByteCursor, of page: Page) throws(ParseError) {
        let found: [UInt32]
        switch page.encoding {
        case .plain: found = try plain(&cursor, of: page)
        case .dictionary, .plainDictionary:
            let dictionary = dictionary
            found = try indices(&cursor, of: page, below: dictionary.count).map { dictionary[Int($0)] }
        case .deltaLengths where leaf.type == .byteArray:
            found = page.presentCount == 0 ? [] : try deltaLengths(&cursor, of: page)
        case .deltaBytes: found = page.presentCount == 0 ? [] : try deltaBytes(&cursor, of: page)
        default:
            throw cursor.error("byte strings in the encoding \"\(page.encoding)\", which is not supported")
        }
        page.spread(found, filler: 0, into: &column.codes)
    }

    /// The next `length` bytes, without a copy.
    private func take(_ length: Int, _ cursor: inout ByteCursor, of page: Page) throws(ParseError) -> Bytes {
        let start = cursor.position
        try cursor.skip(length)
        return page.values[start..<start + length]
    }

    private mutating func plain(_ cursor: inout ByteCursor, of page: Page) throws(ParseError) -> [UInt32] {
        // Each value takes a byte at least, so a page says no more values than it has bytes; only values of no bytes
        // could be more.
        guard leaf.type == .byteArray || leaf.valueSize > 0 else {
            throw cursor.error("values without a length")
        }
        var found: [UInt32] = []
        found.reserveCapacity(min(page.presentCount, cursor.remaining))
        for _ in 0..<page.presentCount {
            let length = leaf.type == .byteArray ? Int(try cursor.uint32()) : leaf.valueSize
            found.append(code(try take(length, &cursor, of: page)))
        }
        return found
    }

    private mutating func deltaLengths(_ cursor: inout ByteCursor, of page: Page) throws(ParseError)
        -> [UInt32]
    {
        var found: [UInt32] = []
        for length in try DeltaPacking.decodeLengths(&cursor, count: page.presentCount) {
            found.append(code(try take(length, &cursor, of: page)))
        }
        return found
    }

    /// Each value as the length of what it shares with the one before, and the rest.
    private mutating func deltaBytes(_ cursor: inout ByteCursor, of page: Page) throws(ParseError) -> [UInt32]
    {
        let prefixes = try DeltaPacking.decodeLengths(&cursor, count: page.presentCount)
        let suffixes = try DeltaPacking.decodeLengths(&cursor, count: page.presentCount)
        var found: [UInt32] = []
        var value: [UInt8] = []
        // Prefixes cost no bytes, so the sum is bounded here.
        var budget = ParquetLimits.sharedPrefixes
        for (prefix, suffix) in zip(prefixes, suffixes) {
            guard prefix <= value.count else {
                throw cursor.error("a value shares \(prefix) bytes with a value of \(value.count) bytes")
            }
            budget -= prefix
            guard budget >= 0 else {
                throw cursor.error("values of more than \(ParquetLimits.sharedPrefixes) bytes")
            }
            let isSame = suffix == 0 && prefix == value.count && !found.isEmpty
            value.removeLast(value.count - prefix)
            value += try cursor.bytes(suffix)
            if isSame, let last = found.last { found.append(last) } else { found.append(code(Bytes(value))) }
        }
        return found
    }
}
