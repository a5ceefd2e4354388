// SPDX-License-Identifier: Apache-2.0
// Fields in little memory, so that an archive's millions can be sorted into datasets.

import KerchunkBytes
import KerchunkScanning

/// One field; what many have in common are numbers of it.
struct FieldRecord: Sendable {
    /// Of its message.
    let offset: UInt64
    let length: UInt64
    /// Seconds since 1970, and after it; `absent` where there is none.
    let time: Int64
    let step: Int64
    let start: Int64
    /// NaN where there is none.
    let level: Double
    /// Which of the products.
    let product: UInt32
    /// Which of the sets of qualifiers.
    let qualifiers: UInt32
    /// The member; `noNumber` where there is none.
    let number: Int32
    /// Which of the grids; `noGrid` where there is none.
    let grid: UInt16
    /// Which field of the message.
    let index: UInt16

    static let absent = Int64.min
    static let noNumber = Int32.min
    static let noGrid = UInt16.max
}

/// Fields of a file, with what they have in common.
struct FieldRecords: Sendable {
    private(set) var records: [FieldRecord] = []
    /// A field of each product: names, level and step type, and what else attributes are made of.
    private(set) var products: [Field] = []
    private(set) var qualifiers: [[Qualifier]] = []
    private(set) var grids: [GridDescription] = []
    /// Where the message seemed to start, and what is wrong with it.
    private(set) var issues: [(start: UInt64, error: ParseError)] = []

    private var productNumbers: [Product: UInt32] = [:]
    private var qualifierNumbers: [[Qualifier]: UInt32] = [:]
    private var gridNumbers: [Bytes: UInt16] = [:]

    /// What variables are told from others by.
    private struct Product: Hashable {
        let names: FieldNames
        let numbers: [Int]

        init(_ field: Field) {
            names = field.names
            numbers = FieldRecords.productKeys.map { field.keys[$0] ?? Int.min }
        }
    }

    /// What attributes are made of besides names and the grid.
    private static let productKeys: [GRIBKey] = [
        .editionNumber, .centre, .subCentre, .tablesVersion, .marsType, .typeOfProcessedData,
        .numberOfVerticalCoordinateValues, .numberOfForecastsInEnsemble, .totalNumberOfClusters,
        .localTotalNumber,
        .numberOfWaveDirections, .numberOfWaveFrequencies, .numberOfDirections, .numberOfFrequencies,
        .discipline,
        .parameterCategory, .parameterNumber, .table2Version, .indicatorOfParameter,
    ]

    // MARK: Adding

    /// Takes a field that `reader` read.
    mutating func add(_ field: Field, of reader: FieldReader, _ limits: ScanLimits) throws(ParseError) {
        func refuse(_ problem: String) -> ParseError {
            ParseError(problem, in: "GRIB message", at: field.offset)
        }
        guard records.count < limits.objects else { throw refuse("more than \(limits.objects) fields") }
        guard let index = UInt16(exactly: field.index) else {
            throw refuse("more than 65,536 fields in one message")
        }
        var grid = FieldRecord.noGrid
        if let number = field.gridIndex {
            guard let found = self.number(reader.grids[number], reader.gridSections[number]) else {
                throw refuse("more than \(FieldRecord.noGrid) grids in one file")
            }
            grid = found
        }
        records.append(
            FieldRecord(
                offset: field.offset, length: field.length, time: field.times.time ?? FieldRecord.absent,
                step: field.times.step ?? FieldRecord.absent, start: field.times.start ?? FieldRecord.absent,
                level: field.level?.value ?? .nan, product: number(field),
                qualifiers: number(field.qualifiers),
                // numbers of members have at most 4 bytes
                number: field.number.map { Int32(truncatingIfNeeded: $0) } ?? FieldRecord.noNumber,
                grid: grid,
                index: index))
    }

    mutating func note(_ error: ParseError, of start: UInt64) {
        if issues.count < MessageWalk.largestIssueCount { issues.append((start, error)) }
    }

    /// Takes what `other` has of messages that start at `start` or behind it.
    mutating func append(_ other: FieldRecords, from start: UInt64, _ limits: ScanLimits) throws(ParseError) {
        let productMap = other.products.map { number($0) }
        let qualifierMap = other.qualifiers.map { number($0) }
        var gridMap = [UInt16](repeating: FieldRecord.noGrid, count: other.grids.count)
        for (section, old) in other.gridNumbers.sorted(by: { $0.value < $1.value }) {
            guard let found = number(other.grids[Int(old)], section) else {
                throw ParseError(
                    "more than \(FieldRecord.noGrid) grids in one file", in: "GRIB file", at: start)
            }
            gridMap[Int(old)] = found
        }
        for record in other.records where record.offset >= start {
            guard records.count < limits.objects else {
                throw ParseError("more than \(limits.objects) fields", in: "GRIB file", at: record.offset)
            }
            records.append(
                FieldRecord(
                    offset: record.offset, length: record.length, time: record.time, step: record.step,
                    start: record.start, level: record.level, product: productMap[Int(record.product)],
                    qualifiers: qualifierMap[Int(record.qualifiers)], number: record.number,
                    grid: record.grid == FieldRecord.noGrid ? FieldRecord.noGrid : gridMap[Int(record.grid)],
                    index: record.index))
        }
        for issue in other.issues where issue.start >= start { note(issue.error, of: issue.start) }
    }

    // MARK: Numbers of what is common

    private mutating func number(_ grid: GridDescription, _ section: Bytes) -> UInt16? {
        if let known = gridNumbers[section] { return known }
        guard grids.count < Int(FieldRecord.noGrid) else { return nil }
        let number = UInt16(grids.count)
        gridNumbers[section] = number
        grids.append(grid)
        return number
    }

    private mutating func number(_ field: Field) -> UInt32 {
        let product = Product(field)
        if let known = productNumbers[product] { return known }
        let number = UInt32(products.count)
        productNumbers[product] = number
        products.append(field)
        return number
    }

    private mutating func number(_ set: [Qualifier]) -> UInt32 {
        if let known = qualifierNumbers[set] { return known }
        let number = UInt32(qualifiers.count)
        qualifierNumbers[set] = number
        qualifiers.append(set)
        return number
    }
}
