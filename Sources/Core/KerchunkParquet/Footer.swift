// SPDX-License-Identifier: Apache-2.0
// What is said at the end of a Parquet file: columns, and where their pages are.
// Spec: parquet-format 2.10, parquet.thrift: FileMetaData, SchemaElement, RowGroup, ColumnChunk, ColumnMetaData.

package import KerchunkBytes

/// A column without children.
package struct LeafColumn: Equatable, Sendable {
    /// Names from the root down, joined by dots.
    package let name: String
    package let type: PhysicalType
    /// Bytes of a fixed-length value.
    package let valueSize: Int
    package let isOptional: Bool
    /// Whether it is a direct child of the root and no list: what can be read.
    package let isFlat: Bool
}

/// The pages of one column in one row group.
package struct ColumnChunk: Equatable, Sendable {
    /// First page, the dictionary included.
    package let offset: UInt64
    /// Bytes in the file, page headers included.
    package let storedSize: UInt64
    /// Values, nulls included.
    package let valueCount: UInt64
    /// Nulls among the values, where the file says that.
    package let nullCount: UInt64?
    package let compression: PageCompression
}

package struct Footer: Equatable, Sendable {
    package struct RowGroup: Equatable, Sendable {
        package let rowCount: UInt64
        /// In the order of the leaves.
        package let columns: [ColumnChunk]
    }

    package let rowCount: UInt64
    package let columns: [LeafColumn]
    package let rowGroups: [RowGroup]

    package init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("Parquet file metadata")
        var rowCount: UInt64?
        var schema: [SchemaElement] = []
        var groups: [RowGroup] = []
        try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
            switch (field.id, field.kind) {
            case (2, .list):
                try ThriftCompact.list(&cursor, of: .structure) { (cursor) throws(ParseError) in
                    schema.append(try SchemaElement(parsing: &cursor))
                }
            case (3, .int64): rowCount = try ThriftCompact.size(&cursor, of: "rows")
            case (4, .list):
                try ThriftCompact.list(&cursor, of: .structure) { (cursor) throws(ParseError) in
                    groups.append(try RowGroup(parsing: &cursor))
                }
            default: return false
            }
            return true
        }
        guard let rowCount else { throw cursor.error("the number of rows is missing") }
        self.rowCount = rowCount
        columns = try Self.leaves(of: schema, cursor)
        rowGroups = groups
        var sum: UInt64 = 0
        for group in groups {
            guard group.columns.count == columns.count else {
                throw cursor.error(
                    "a row group has \(group.columns.count) columns, the schema \(columns.count)")
            }
            guard let next = sum.adding(group.rowCount) else { throw cursor.error("too many rows") }
            sum = next
        }
        guard sum == rowCount else {
            throw cursor.error("row groups with \(sum) rows in a file of \(rowCount) rows")
        }
    }

    /// The columns of a schema, which lists its tree in depth-first order.
    private static func leaves(
        of schema: [SchemaElement], _ cursor: borrowing ByteCursor
    ) throws(ParseError) -> [LeafColumn] {
        guard let root = schema.first else { throw cursor.error("the schema is missing") }
        var leaves: [LeafColumn] = []
        // The groups that are open, with how many children each still has.
        var open: [(name: String, left: Int)] = [("", root.childCount)]
        for element in schema.dropFirst() {
            while let last = open.last, last.left == 0 { open.removeLast() }
            guard let parent = open.last else {
                throw cursor.error("the schema has more elements than its groups declare")
            }
            open[open.count - 1].left -= 1
            let name = parent.name.isEmpty ? element.name : parent.name + "." + element.name
            if element.childCount > 0 {
                guard open.count < 32 else { throw cursor.error("columns nested deeper than 32") }
                open.append((name, element.childCount))
                continue
            }
            guard let type = element.type else { throw cursor.error("the column \"\(name)\" has no type") }
            leaves.append(
                LeafColumn(
                    name: name, type: type, valueSize: element.valueSize, isOptional: element.repetition == 1,
                    isFlat: open.count == 1 && element.repetition != 2))
        }
        guard open.allSatisfy({ $0.left == 0 }) else { throw cursor.error("the schema ends early") }
        return leaves
    }
}

private struct SchemaElement {
    var name = ""
    var type: PhysicalType?
    var valueSize = 0
    /// 0 required, 1 optional, 2 repeated.
    var repetition = 0
    var childCount = 0

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        // A closure cannot change `self` here, so the values are gathered first.
        var element = (name: "", type: PhysicalType?.none, size: 0, repetition: 0, children: 0)
        try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
            switch (field.id, field.kind) {
            case (1, .int32):
                let code = try ThriftCompact.count(&cursor, of: "as the type of a column")
                guard let type = PhysicalType(rawValue: code) else {
                    throw cursor.error("a column of type \(code)")
                }
                element.type = type
            case (2, .int32): element.size = try ThriftCompact.count(&cursor, of: "bytes of a value")
            case (3, .int32):
                element.repetition = try ThriftCompact.count(&cursor, limit: 2, of: "as a repetition")
            case (4, .binary): element.name = decodeText(try ThriftCompact.binary(&cursor)).text
            case (5, .int32): element.children = try ThriftCompact.count(&cursor, of: "children")
            default: return false
            }
            return true
        }
        (name, type, valueSize, repetition, childCount) = element
    }
}

extension Footer.RowGroup {
    fileprivate init(parsing cursor: inout ByteCursor) throws(ParseError) {
        var rows: UInt64 = 0
        var chunks: [ColumnChunk] = []
        try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
            switch (field.id, field.kind) {
            case (1, .list):
                try ThriftCompact.list(&cursor, of: .structure) { (cursor) throws(ParseError) in
                    chunks.append(try ColumnChunk(parsing: &cursor))
                }
            case (3, .int64): rows = try ThriftCompact.size(&cursor, of: "rows")
            default: return false
            }
            return true
        }
        rowCount = rows
        columns = chunks
    }
}

extension ColumnChunk {
    fileprivate init(parsing cursor: inout ByteCursor) throws(ParseError) {
        var found: ColumnChunk?
        try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
            switch (field.id, field.kind) {
            case (1, .binary): throw cursor.error("a column is in another file")
            case (3, .structure): found = try ColumnChunk(metadata: &cursor)
            default: return false
            }
            return true
        }
        guard let found else { throw cursor.error("a column has no metadata") }
        self = found
    }

    private init(metadata cursor: inout ByteCursor) throws(ParseError) {
        var pages: UInt64?
        var dictionary: UInt64?
        var size: UInt64 = 0
        var values: UInt64 = 0
        var code = 0
        var nulls: Int64?
        try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
            switch (field.id, field.kind) {
            case (4, .int32): code = try ThriftCompact.count(&cursor, of: "as a compression")
            case (5, .int64): values = try ThriftCompact.size(&cursor, of: "values")
            case (7, .int64): size = try ThriftCompact.size(&cursor, of: "bytes of a column")
            case (9, .int64): pages = try ThriftCompact.size(&cursor, of: "as the offset of a page")
            case (11, .int64):
                dictionary = try ThriftCompact.size(&cursor, of: "as the offset of a dictionary")
            case (12, .structure):
                try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
                    guard (field.id, field.kind) == (3, .int64) else { return false }
                    nulls = try ThriftCompact.signed(&cursor)
                    return true
                }
            default: return false
            }
            return true
        }
        guard let pages else { throw cursor.error("a column without pages") }
        guard let compression = PageCompression(rawValue: code) else {
            throw cursor.error("compression \(code)")
        }
        // Some writers have 0 for "no dictionary".
        if let dictionary, dictionary > 0, dictionary < pages { offset = dictionary } else { offset = pages }
        storedSize = size
        valueCount = values
        nullCount = nulls.flatMap { UInt64(exactly: $0) }
        self.compression = compression
    }
}
