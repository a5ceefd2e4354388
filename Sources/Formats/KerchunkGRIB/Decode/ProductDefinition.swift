// SPDX-License-Identifier: Apache-2.0
// What a field of edition 2 is. Spec: WMO Manual on Codes I.2, edition 2, section 4.

import KerchunkBytes
import KerchunkGRIBPacking

/// Section 4: its numbers, and what has a variable count of them.
struct ProductDefinition: Sendable {
    /// Sections 0 to 2, and this one.
    var keys: CodedKeys
    /// Directions and frequencies of a wave spectrum, as coded.
    var scaledWaveDirections: [Int] = []
    var scaledWaveFrequencies: [Int] = []
    /// Where in the section the vertical coordinate values lie, 4 bytes each; they are not decoded here.
    var verticalCoordinatePosition: Int?
    /// The template is one of those that are known; of others only the parameter is.
    let isKnownTemplate: Bool

    /// Entries that a list of a section can have at most, where its count has more than a byte.
    private static let largestList = 65_535

    /// - Parameters:
    ///   - cursor: at the start of the section.
    ///   - keys: of the sections before.
    init(parsing cursor: inout ByteCursor, after keys: CodedKeys) throws(ParseError) {
        cursor.enter("GRIB product definition section")
        self.keys = keys
        let length = try cursor.unsigned(4)
        try cursor.skip(1)
        let verticalCount = try cursor.unsigned(2)
        let template = try cursor.unsigned(2)
        self.keys[.numberOfVerticalCoordinateValues] = verticalCount
        self.keys[.productDefinitionTemplateNumber] = template
        guard let blocks = ProductBlock.blocks(ofTemplate: template) else {
            isKnownTemplate = false
            // All templates that WMO has begin with category and number.
            try self.keys.read(ProductBlock.parameter.layout, &cursor)
            return
        }
        isKnownTemplate = true
        for block in blocks { try read(block, length: length, &cursor) }
        if verticalCount > 0, cursor.remaining >= 4 * verticalCount {
            verticalCoordinatePosition = cursor.position
        }
        if self.keys[.typeOfFirstFixedSurface] == 150 { self.keys[.genVertHeightCoords] = 1 }
        setComputed(template)
    }

    /// A product of edition 1, whose section has no lists.
    init(edition1 keys: CodedKeys) {
        self.keys = keys
        isKnownTemplate = true
    }

    /// What concept files ask of the template's number.
    private mutating func setComputed(_ template: Int) {
        keys[.isChemical] = ProductBlock.isChemical(template) ? 1 : 0
        keys[.isChemicalDistfn] = ProductBlock.isChemicalDistribution(template) ? 1 : 0
        keys[.isChemicalSrcsink] = ProductBlock.isChemicalSource(template) ? 1 : 0
        keys[.isAerosol] = ProductBlock.isAerosol(template) ? 1 : 0
        keys[.isAerosolOptical] = ProductBlock.isAerosolOptical(template) ? 1 : 0
    }

    private mutating func read(
        _ block: ProductBlock, length: Int, _ cursor: inout ByteCursor
    ) throws(ParseError) {
        try keys.read(block.layout, &cursor)
        switch block {
        case .forecastOf44: try readForecastOf44(length: length, &cursor)
        case .intervals:
            try keys.readList(keys[.numberOfTimeRanges] ?? 0, ProductBlock.intervalLayout, &cursor)
        case .localTime:
            try keys.readList(
                keys[.numberOfForecastsUsedInLocalTime] ?? 0, ProductBlock.localForecastLayout, &cursor)
        case .distribution:
            try keys.readList(keys[.numberOfDistributionFunctionParameters] ?? 0, [.skip(5)], &cursor)
        case .partition:
            try keys.readList(keys[.numberOfPartitions] ?? 0, [.skip(2)], &cursor)
            try keys.read([Octets(.partitionNumber, 2)], &cursor)
        case .categories:
            try keys.readList(
                keys[.numberOfCategories] ?? 0, [.skip(1), Octets(.categoryType, 1), .skip(10)], &cursor)
        case .generalisedTile:
            try keys.readList(keys[.numberOfUsedTileAttributes] ?? 0, [Octets(.attributeOfTile, 1)], &cursor)
            try keys.read([.skip(1), Octets(.tileIndex, 1), .skip(16)], &cursor)
        case .waveSpectra:
            try keys.read([Octets(.scaleFactorOfWaveDirections, 1, .signed)], &cursor)
            scaledWaveDirections = try numbers(keys[.numberOfWaveDirections] ?? 0, &cursor)
            try keys.read([Octets(.scaleFactorOfWaveFrequencies, 1, .signed)], &cursor)
            scaledWaveFrequencies = try numbers(keys[.numberOfWaveFrequencies] ?? 0, &cursor)
        case .satellite: try readBands(ProductBlock.bandLayout, &cursor)
        case .satelliteOf30: try readBands(ProductBlock.bandOf30Layout, &cursor)
        case .extendedSatellite: try readBands(ProductBlock.extendedBandLayout, &cursor)
        default: break
        }
    }

    private mutating func readForecastOf44(length: Int, _ cursor: inout ByteCursor) throws(ParseError) {
        let isShort = length - 4 * (keys[.numberOfVerticalCoordinateValues] ?? 0) == 45
        try keys.read(
            [
                .skip(3), Octets(.indicatorOfUnitForForecastTime, 1),
                isShort ? Octets(.forecastTime, 2) : Octets(.forecastTime, 4, .signed),
            ], &cursor)
    }

    private mutating func readBands(_ layout: [Octets], _ cursor: inout ByteCursor) throws(ParseError) {
        guard cursor.remaining > 0 else { return }
        let count = try cursor.unsigned(1)
        try keys.readList(count, layout, &cursor)
    }

    private func numbers(_ count: Int, _ cursor: inout ByteCursor) throws(ParseError) -> [Int] {
        guard count <= Self.largestList, 4 * count <= cursor.remaining else {
            throw cursor.error(
                "\(count) directions or frequencies, \(cursor.remaining) bytes are left for them")
        }
        var found: [Int] = []
        found.reserveCapacity(count)
        for _ in 0..<count { found.append(try cursor.unsigned(4)) }
        return found
    }
}
