// SPDX-License-Identifier: Apache-2.0
// What fields are called: the names that ecCodes has for them, by its rules.

/// Names of one field.
struct FieldNames: Hashable, Sendable {
    /// "unknown" where no list has the field.
    var shortName = FieldNames.unknown
    /// 0 where no list has the field.
    var paramId = 0
    var name = FieldNames.unknown
    var units = FieldNames.unknown
    var cfName = FieldNames.unknown
    var cfVarName = FieldNames.unknown
    /// Nil where the field has no level.
    var typeOfLevel: String?
    /// Nil where intervals are of a kind that has no name.
    var stepType: String?

    static let unknown = "unknown"

    var isKnown: Bool { shortName != Self.unknown }
}

/// Finds names.
struct NameFinder: Sendable {
    var lists: ConceptLists

    init(lists: ConceptLists = .embedded) { self.lists = lists }

    /// Abbreviation of the centre, which names its folder.
    func centre(_ facts: ConceptFacts) -> String {
        let number = facts.keys[.centre] ?? 0
        let table: CodeTable = facts.keys[.editionNumber] == 1 ? .centreOfEdition1 : .centreOfEdition2
        return lists.code(table, number)?.short ?? String(number)
    }

    func names(_ facts: ConceptFacts) -> FieldNames {
        facts.keys[.editionNumber] == 1 ? namesOfEdition1(facts) : namesOfEdition2(facts)
    }

    // MARK: Edition 1

    private func namesOfEdition1(_ facts: ConceptFacts) -> FieldNames {
        var facts = facts
        let local = [centre(facts), ""]
        let chain = [local, ["ecmf", ""]]
        var memory = ConceptLists.Memory()
        func find(_ column: NameColumn) -> String? {
            for folders in chain {
                if let found = lists.value(
                    column, edition: 1, folders: folders, variant: .current, facts, &memory)
                {
                    return found
                }
            }
            return nil
        }
        var names = FieldNames()
        names.stepType =
            lists.value(.stepType, edition: 1, folders: local, variant: .current, facts, &memory)
            ?? String(facts.keys[.timeRangeIndicator] ?? 0)
        facts.stepType = names.stepType ?? ""
        names.typeOfLevel = find(.typeOfLevel) ?? FieldNames.unknown
        fill(&names, find)
        return names
    }

    private func fill(_ names: inout FieldNames, _ find: (NameColumn) -> String?) {
        if let found = find(.shortName) { names.shortName = found }
        if let found = find(.paramId) { names.paramId = Int(found) ?? 0 }
        if let found = find(.name) { names.name = found }
        if let found = find(.units) { names.units = found }
        if let found = find(.cfName) { names.cfName = found }
        names.cfVarName = find(.cfVarName) ?? Self.variableName(names)
    }

    /// A name that programs can use, made of the short one.
    private static func variableName(_ names: FieldNames) -> String {
        let first = names.shortName.utf8.first
        let isDigit = first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? true
        return isDigit || names.shortName == "~" ? "p\(names.paramId)" : names.shortName
    }

    // MARK: Edition 2

    /// Folders where the field's own names are, the first before the second.
    private func folders(_ facts: ConceptFacts) -> [String] {
        if let dataSet = Self.dataSet(facts.keys) { return ["", dataSet] }
        return [centre(facts), ""]
    }

    private func namesOfEdition2(_ facts: ConceptFacts) -> FieldNames {
        let local = folders(facts)
        let ecmwf = ["ecmf", ""]
        var memory = ConceptLists.Memory()
        let variant = variant(facts, local, &memory)
        var names = FieldNames()
        if facts.keys[.typeOfFirstFixedSurface] != nil {
            names.typeOfLevel =
                lists.value(.typeOfLevel, edition: 2, folders: local, variant: .current, facts, &memory)
                ?? FieldNames.unknown
        }
        names.stepType = facts.stepType.isEmpty ? nil : facts.stepType
        fill(&names) { column in
            let own: NameVariant = column == .cfName || column == .cfVarName ? .current : variant
            if let found = lists.value(column, edition: 2, folders: local, variant: own, facts, &memory) {
                return found
            }
            if column == .cfVarName { return nil }
            return lists.value(column, edition: 2, folders: ecmwf, variant: own, facts, &memory)
                ?? lists.value(column, edition: 2, folders: ecmwf, variant: .legacy, facts, &memory)
        }
        return names
    }

    /// The last version of the tables whose parameters have their old names.
    private static let lastOldTables = 33
    /// Classes of ECMWF's archive whose chemical parameters have two parts: mc, cr, a5 and gg.
    private static let splitClasses: Set<Int> = [19, 36, 55, 44]

    /// Which names hold for a message of this age: ecCodes' MTG2Switch.
    private func variant(
        _ facts: ConceptFacts, _ folders: [String], _ memory: inout ConceptLists.Memory
    ) -> NameVariant {
        func number(_ column: NameColumn) -> Int? {
            lists.value(column, edition: 2, folders: folders, variant: .current, facts, &memory).flatMap { Int($0) }
        }
        let modern: Int
        if let found = number(.modernSwitch) {
            modern = found
        } else if number(.switchByTablesVersion) ?? 0 == 0 {
            modern = 1
        } else if facts.keys[.tablesVersion] ?? 0 <= Self.lastOldTables {
            modern = 0
        } else {
            modern = Self.splitClasses.contains(facts.keys[.marsClass] ?? 0) ? 2 : 1
        }
        return modern == 0 ? .lte33 : modern == 2 ? .chemsplit : .current
    }

    /// Folder of a data set that several centres make: by production status, else by ECMWF's class.
    static func dataSet(_ keys: CodedKeys) -> String? {
        switch keys[.productionStatusOfProcessedData] ?? 0 {
        case 4, 5: return "tigge"
        case 6, 7: return "s2s"
        case 8...11: return "uerra"
        case 12, 13: return keys[.generation] == 1 ? "destinegen1" : "destine"
        case 14, 15: return "lcgcr"
        case 16, 17: return "wpmip"
        default: break
        }
        switch keys[.marsClass] ?? 0 {
        case 50: return "cerise"
        case 40: return "era6"
        case 35, 38: return "hydro_legacy"
        case 42, 43, 48, 49: return "hydro"
        case 39: return "fire"
        case 22, 5, 23, 14, 21, 24, 3, 30, 33: return "era"
        case 53: return "nextgems"
        default: return nil
        }
    }
}

extension FieldNames {
    /// A name for a variable that no list knows: by its numbers.
    static func numbered(_ keys: CodedKeys) -> String {
        if keys[.editionNumber] == 1 {
            return "grib1_t\(keys[.table2Version] ?? 0)_p\(keys[.indicatorOfParameter] ?? 0)"
        }
        return "grib2_d\(keys[.discipline] ?? 0)_c\(keys[.parameterCategory] ?? 0)_n\(keys[.parameterNumber] ?? 0)"
    }
}
