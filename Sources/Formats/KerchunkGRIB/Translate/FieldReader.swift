// SPDX-License-Identifier: Apache-2.0
// Turns sections into fields; what many fields have in common is found once.

import KerchunkBytes
import KerchunkGRIBPacking

/// Reads the fields of a file.
struct FieldReader {
    private var finder: NameFinder
    private var names: [NameSource: FieldNames] = [:]
    /// What names depend on by a user's files.
    private let ownKeys: [GRIBKey]
    /// Sections 1 and 2 of the message before, which are mostly the same but for times.
    private var common: (identification: Bytes, localUse: Bytes?, discipline: Int, keys: CodedKeys)?

    /// Distinct grids, in the order of their coming.
    private(set) var grids: [GridDescription] = []
    /// The sections that they are in.
    private(set) var gridSections: [Bytes] = []
    private var gridIndices: [Bytes: Int] = [:]

    /// Distinct products whose names are remembered.
    private static let largestCache = 100_000

    init(_ finder: NameFinder = NameFinder()) {
        self.finder = finder
        ownKeys = finder.lists.ownKeys.sorted { $0.rawValue < $1.rawValue }
    }

    /// All that names follow from.
    private struct NameSource: Hashable {
        let product: Bytes
        let numbers: [Int]
    }

    /// - Throws: for sections that contradict themselves.
    mutating func field(_ sections: FieldSections, of message: MessageHeaders) throws(ParseError) -> Field {
        message.edition == 1 ? try edition1(sections, message) : try edition2(sections, message)
    }

    private func parse<R>(
        _ bytes: Bytes, _ place: Range<Int>, _ message: MessageHeaders, _ structure: StaticString,
        _ body: (inout ByteCursor) throws(ParseError) -> R
    ) throws(ParseError) -> R {
        try bytes.parse(at: message.offset &+ UInt64(place.lowerBound), in: structure, body)
    }

    // MARK: Edition 2

    private mutating func edition2(
        _ sections: FieldSections, _ message: MessageHeaders
    ) throws(ParseError) -> Field {
        guard let product = sections.product, let place = sections.places.product else {
            throw ParseError("a field without a product", in: "GRIB message", at: message.offset)
        }
        var keys = try commonKeys(sections, message)
        if let grid = sections.grid, grid.count >= 14 {
            keys[.gridDefinitionTemplateNumber] = Int(grid[12]) << 8 | Int(grid[13])
            if keys[.gridDefinitionTemplateNumber] == 101, grid.count >= 19 {
                keys[.numberOfGridInReference] = Int(grid[18])
            }
        }
        let before = keys
        var definition = try parse(product, place, message, "GRIB product definition section") {
            (cursor) throws(ParseError) in
            try ProductDefinition(parsing: &cursor, after: before)
        }
        var facts = ConceptFacts(keys: definition.keys, stepType: definition.keys.stepTypeOfEdition2)
        let level = facts.setLevel()
        definition.keys = facts.keys
        let numbers = (Self.nameKeys + ownKeys).map { facts.keys[$0] ?? -1 }
        let names = names(NameSource(product: product, numbers: numbers), facts)
        return Field(
            offset: message.offset, length: message.length, index: sections.index, places: sections.places,
            product: definition, gridIndex: try gridIndex(sections, message), names: names, level: level,
            times: definition.keys.timesOfEdition2,
            representationTemplate: sections.representation.count >= 11
                ? Int(sections.representation[9]) << 8 | Int(sections.representation[10]) : nil,
            storedCount: nil)
    }

    /// What names depend on besides section 4.
    private static let nameKeys: [GRIBKey] = [
        .discipline, .centre, .subCentre, .tablesVersion, .localTablesVersion,
        .productionStatusOfProcessedData,
        .typeOfProcessedData, .marsClass, .generation, .gridDefinitionTemplateNumber,
        .numberOfGridInReference,
    ]

    private mutating func commonKeys(
        _ sections: FieldSections, _ message: MessageHeaders
    ) throws(ParseError) -> CodedKeys {
        if let common, common.identification == sections.identification, common.localUse == sections.localUse,
            common.discipline == message.discipline
        {
            return common.keys
        }
        var keys = CodedKeys()
        keys[.editionNumber] = 2
        keys[.discipline] = message.discipline
        try parse(
            sections.identification, sections.places.identification, message, "GRIB identification section"
        ) { (cursor) throws(ParseError) in
            try keys.readIdentification(&cursor)
        }
        if let localUse = sections.localUse, let place = sections.places.localUse {
            try parse(localUse, place, message, "GRIB local use section") { (cursor) throws(ParseError) in
                try keys.readLocalSection(&cursor)
            }
        }
        common = (sections.identification, sections.localUse, message.discipline, keys)
        return keys
    }

    // MARK: Edition 1

    private mutating func edition1(
        _ sections: FieldSections, _ message: MessageHeaders
    ) throws(ParseError) -> Field {
        var keys = CodedKeys()
        keys[.editionNumber] = 1
        try parse(
            sections.identification, sections.places.identification, message,
            "GRIB product definition section"
        ) { (cursor) throws(ParseError) in
            try keys.readEdition1Product(&cursor)
        }
        var facts = ConceptFacts(keys: keys)
        let level = facts.setLevel()
        let numbers = (Self.nameKeysOfEdition1 + ownKeys).map { facts.keys[$0] ?? -1 }
        let names = names(NameSource(product: Bytes(), numbers: numbers), facts)
        return Field(
            offset: message.offset, length: message.length, index: sections.index, places: sections.places,
            product: ProductDefinition(edition1: keys), gridIndex: try gridIndex(sections, message),
            names: names, level: level,
            times: keys.timesOfEdition1(stepType: names.stepType ?? ""), representationTemplate: nil,
            storedCount: Self.storedCount(sections))
    }

    /// Values in section 4, of simple packing without a bitmap.
    private static func storedCount(_ sections: FieldSections) -> Int? {
        let bytes = sections.representation
        guard sections.places.bitmap == .none, bytes.count >= 11, bytes[3] & 0xF0 == 0, bytes[10] > 0 else {
            return nil
        }
        let bits = (sections.places.data.count - 11) * 8 - Int(bytes[3] & 0x0F)
        return bits < 0 ? nil : bits / Int(bytes[10])
    }

    private static let nameKeysOfEdition1: [GRIBKey] = [
        .table2Version, .indicatorOfParameter, .centre, .subCentre, .generatingProcessIdentifier,
        .indicatorOfTypeOfLevel, .level, .topLevel, .bottomLevel, .timeRangeIndicator, .localElementNumber,
    ]

    // MARK: Grids

    private mutating func gridIndex(
        _ sections: FieldSections, _ message: MessageHeaders
    ) throws(ParseError) -> Int? {
        guard let section = sections.grid, let place = sections.places.grid else { return nil }
        if let known = gridIndices[section] { return known }
        let grid = try parse(section, place, message, "GRIB grid definition section") {
            (cursor) throws(ParseError) in
            message.edition == 1
                ? try GridDescription(edition1: &cursor) : try GridDescription(edition2: &cursor)
        }
        gridIndices[section] = grids.count
        grids.append(grid)
        gridSections.append(section)
        return grids.count - 1
    }

    // MARK: Names

    private mutating func names(_ source: NameSource, _ facts: ConceptFacts) -> FieldNames {
        if let known = names[source] { return known }
        let found = finder.names(facts)
        if names.count >= Self.largestCache { names.removeAll() }
        names[source] = found
        return found
    }
}
