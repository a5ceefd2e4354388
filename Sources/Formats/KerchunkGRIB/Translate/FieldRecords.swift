// SPDX-License-Identifier: Apache-2.0
// Fields in little memory, so that an archive's millions can be sorted into datasets.

import KerchunkBytes
import KerchunkScanning
import KerchunkStorage

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

/// All fields of a file.
struct FieldRecords: Sendable {
    private(set) var records: [FieldRecord] = []
    /// A field of each product: names, level and step type, and what else attributes are made of.
    private(set) var products: [Field] = []
    private(set) var qualifiers: [[Qualifier]] = []
    private(set) var grids: [GridDescription] = []
    private(set) var issues: [ParseError] = []
    /// Bytes outside of messages.
    private(set) var passedBytes: UInt64 = 0

    private var productNumbers: [Product: UInt32] = [:]
    private var qualifierNumbers: [[Qualifier]: UInt32] = [:]

    /// What variables are told from others by.
    private struct Product: Hashable {
        let names: FieldNames
        let numbers: [Int]
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

    /// Reads the headers of all messages.
    /// - Throws: where the file cannot be read, or has more fields than `limits` allow.
    init(
        _ source: any ByteSource, finder: NameFinder = NameFinder(), limits: ScanLimits = ScanLimits(),
        cancellation: Cancellation = Cancellation()
    ) throws {
        var walk = try MessageWalk(source, limits: limits, cancellation: cancellation)
        var reader = FieldReader(finder)
        while let message = try walk.next() {
            for sections in message.fields {
                do throws(ParseError) {
                    try add(try reader.field(sections, of: message), limits)
                } catch {
                    if issues.count < MessageWalk.largestIssueCount { issues.append(error) }
                }
            }
        }
        grids = reader.grids
        issues += walk.issues
        passedBytes = walk.passedBytes
    }

    private mutating func add(_ field: Field, _ limits: ScanLimits) throws(ParseError) {
        func refuse(_ problem: String) -> ParseError {
            ParseError(problem, in: "GRIB message", at: field.offset)
        }
        guard records.count < limits.objects else { throw refuse("more than \(limits.objects) fields") }
        guard let index = UInt16(exactly: field.index) else {
            throw refuse("more than 65,536 fields in one message")
        }
        guard field.gridIndex ?? 0 < Int(FieldRecord.noGrid) else {
            throw refuse("more than 65,535 grids in one file")
        }
        records.append(
            FieldRecord(
                offset: field.offset, length: field.length, time: field.times.time ?? FieldRecord.absent,
                step: field.times.step ?? FieldRecord.absent, start: field.times.start ?? FieldRecord.absent,
                level: field.level?.value ?? .nan, product: number(field),
                qualifiers: number(field.qualifiers),
                // numbers of members have at most 4 bytes
                number: field.number.map { Int32(truncatingIfNeeded: $0) } ?? FieldRecord.noNumber,
                grid: field.gridIndex.map { UInt16($0) } ?? FieldRecord.noGrid, index: index))
    }

    private mutating func number(_ field: Field) -> UInt32 {
        let product = Product(names: field.names, numbers: Self.productKeys.map { field.keys[$0] ?? Int.min })
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
