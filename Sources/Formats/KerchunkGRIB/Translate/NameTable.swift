// SPDX-License-Identifier: Apache-2.0
// The table of names that the program carries, as it lies in memory. Scripts/grib-tables writes it.
//
// "GRIBNAME", version, number of sections; offset and size of each section (4 bytes each, little-endian, as all numbers):
// 0 ends of texts, 1 texts, 2 names of keys, 3 lists, 4 rows, 5 values, 6 starts of conditions, 7 conditions, 8 codes.

internal import CGRIBNames

/// What a list of rows gives.
enum NameColumn: UInt8, CaseIterable, Sendable {
    /// shortName, paramId, name and units together.
    case names
    case shortName, paramId, name, units
    case cfName, cfVarName, typeOfLevel, stepType
    case modernSwitch, switchByTablesVersion
}

/// Which of the files of a folder: they differ by the age of the message.
enum NameVariant: UInt8, CaseIterable, Sendable {
    case current, lte33, chemsplit, legacy
}

/// Code tables that the table has.
enum CodeTable: UInt8, Sendable {
    case centreOfEdition1, centreOfEdition2, gridOfEdition1, gridOfEdition2, typeOfData
}

/// A view of the table; it costs nothing until a name is looked up.
// SAFETY: the memory is a constant of the program. Each access checks that it lies inside.
@safe struct NameTable: @unchecked Sendable {
    private let memory: UnsafeRawBufferPointer

    static let embedded = NameTable()

    /// Rows of one file, or of several that have the same conditions.
    struct List: Sendable {
        let edition: UInt8
        let variant: NameVariant
        let column: NameColumn
        let folder: String
        /// Keys by which rows are found.
        let bucketKeys: [GRIBKey?]
        let rows: Range<Int>
        /// The last of them, which have not all of these keys.
        let rest: Range<Int>
    }

    struct Row: Sendable {
        let bucket: UInt32
        let value: Int
        let conditions: Int
        let order: Int
    }

    /// The bucket of rows that have not all keys of their list.
    private static let noBucket = UInt32.max

    // Where the sections are; an array of them would be counted at each access.
    private let textEnds, texts, keyNames, listHeads: Range<Int>
    private let rowEntries, values, starts, conditions, codes: Range<Int>

    private init() {
        let memory = unsafe UnsafeRawBufferPointer(
            start: kerchunk_grib_names(), count: Int(KERCHUNK_GRIB_NAMES_SIZE))
        func section(_ number: Int) -> Range<Int> {
            let start = unsafe Int(Self.number(memory, 16 + 8 * number))
            return start..<start + (unsafe Int(Self.number(memory, 20 + 8 * number)))
        }
        unsafe self.memory = memory
        textEnds = section(0)
        texts = section(1)
        keyNames = section(2)
        listHeads = section(3)
        rowEntries = section(4)
        values = section(5)
        starts = section(6)
        conditions = section(7)
        codes = section(8)
    }

    @inline(__always)
    private static func number(_ memory: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset + 4 <= memory.count)
        return unsafe UInt32(littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    private func number(_ place: Range<Int>, _ offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset + 4 <= place.count)
        return unsafe Self.number(memory, place.lowerBound + offset)
    }

    // MARK: Texts and keys

    func text(_ index: Int) -> String {
        let start = index == 0 ? 0 : Int(number(textEnds, 4 * (index - 1)))
        let end = Int(number(textEnds, 4 * index))
        let place = texts
        precondition(start <= end && end <= place.count)
        return unsafe String(
            decoding: UnsafeRawBufferPointer(
                rebasing: memory[place.lowerBound + start..<place.lowerBound + end]),
            as: UTF8.self)
    }

    /// Keys of conditions by their number; nil for one that no message has here.
    func keys() -> [GRIBKey?] {
        (0..<keyNames.count / 4).map {
            GRIBKey(conceptName: text(Int(number(keyNames, 4 * $0))))
        }
    }

    func lists(_ keys: [GRIBKey?]) -> [List] {
        (0..<listHeads.count / 20).compactMap { index in
            let head = number(listHeads, 20 * index)
            let folder = Int(number(listHeads, 20 * index + 4))
            let packedKeys = number(listHeads, 20 * index + 8)
            let first = Int(number(listHeads, 20 * index + 12))
            let count = Int(number(listHeads, 20 * index + 16))
            guard let variant = NameVariant(rawValue: UInt8(head >> 8 & 0xFF)),
                let column = NameColumn(rawValue: UInt8(head >> 16 & 0xFF))
            else { return nil }
            return List(
                edition: UInt8(head & 0xFF), variant: variant, column: column, folder: text(folder),
                bucketKeys: (0..<Int(head >> 24)).map { keys[Int(packedKeys >> UInt32(8 * $0) & 0xFF)] },
                rows: first..<first + count,
                rest: firstRow(of: first..<first + count) { $0 == Self.noBucket }..<first + count)
        }
    }

    // MARK: Rows

    func row(_ index: Int) -> Row {
        let tail = number(rowEntries, 12 * index + 8)
        return Row(
            bucket: number(rowEntries, 12 * index), value: Int(number(rowEntries, 12 * index + 4)),
            conditions: Int(tail & 0xFFFF), order: Int(tail >> 16))
    }

    /// The rows of `list` in `bucket`: rows are sorted by it.
    func rows(of list: List, in bucket: UInt32) -> Range<Int> {
        let start = firstRow(of: list.rows.lowerBound..<list.rest.lowerBound) { $0 >= bucket }
        var end = start
        while end < list.rest.lowerBound, number(rowEntries, 12 * end) == bucket { end += 1 }
        return start..<end
    }

    private func firstRow(of rows: Range<Int>, where isBehind: (UInt32) -> Bool) -> Int {
        var (low, high) = (rows.lowerBound, rows.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(number(rowEntries, 12 * middle)) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Text number `column` of the value that starts at `value`.
    func value(_ value: Int, column: Int) -> String {
        text(Int(number(values, 4 * (value + column))))
    }

    // MARK: Conditions

    enum Wanted {
        case number(Int)
        case text(Int)
        case list([Int])
    }

    /// Goes through the conditions with number `index` until `body` says no.
    /// - Returns: how many there are, a list as many as it has numbers; nil where `body` said no.
    func count(_ index: Int, while body: (Int, Wanted) -> Bool) -> Int? {
        var entry = Int(number(starts, 4 * index))
        let end = Int(number(starts, 4 * index + 4))
        var found = 0
        while entry < end {
            let head = number(conditions, 8 * entry)
            let value = Int(Int32(bitPattern: number(conditions, 8 * entry + 4)))
            let key = Int(head & 0xFF)
            entry += 1
            found += 1
            switch head >> 8 & 0xFF {
            case 0: guard body(key, .number(value)) else { return nil }
            case 1: guard body(key, .text(value)) else { return nil }
            default:
                let length = Int(head >> 16)
                let numbers = (entry..<entry + length).map {
                    Int(Int32(bitPattern: number(conditions, 8 * $0 + 4)))
                }
                guard body(key, .list(numbers)) else { return nil }
                entry += length
                found += length - 1
            }
        }
        return found
    }

    // MARK: Codes

    /// Abbreviation and title of `code`, as `version` of the table has them; the last before it where it is not there.
    func code(_ table: CodeTable, _ code: Int, version: Int = 0) -> (short: String, title: String)? {
        var best: (short: String, title: String)?
        let size = 12
        // codes are sorted by table, version, code
        var low = 0
        var high = codes.count / size
        while low < high {
            let middle = (low + high) / 2
            if UInt8(number(codes, size * middle) & 0xFF) < table.rawValue {
                low = middle + 1
            } else {
                high = middle
            }
        }
        for index in low..<codes.count / size {
            let head = number(codes, size * index)
            guard UInt8(head & 0xFF) == table.rawValue, Int(head >> 8 & 0xFF) <= version else { break }
            guard Int(head >> 16) == code else { continue }
            let title = text(Int(number(codes, size * index + 8)))
            best = title.isEmpty ? nil : (text(Int(number(codes, size * index + 4))), title)
        }
        return best
    }
}
