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
    let lists: ConceptLists
    private var plans: [Origin: NamePlan] = [:]

    init(lists: ConceptLists = .embedded) { self.lists = lists }

    /// What lists follow from.
    private struct Origin: Hashable {
        let edition: Int
        let centre: Int
        let dataSet: String?
        let variant: NameVariant
    }

    mutating func names(_ facts: ConceptFacts) -> FieldNames {
        facts.keys[.editionNumber] == 1 ? namesOfEdition1(facts) : namesOfEdition2(facts)
    }

    private mutating func plan(
        _ facts: ConceptFacts, dataSet: String? = nil, variant: NameVariant = .current
    ) -> NamePlan {
        let edition = facts.keys[.editionNumber] ?? 2
        let origin = Origin(
            edition: edition, centre: facts.keys[.centre] ?? 0, dataSet: dataSet, variant: variant)
        if let known = plans[origin] { return known }
        let centre = lists.code(edition == 1 ? .centreOfEdition1 : .centreOfEdition2, origin.centre)?.short
        let plan =
            edition == 1
            ? NamePlan(edition1: lists, centre: centre ?? "\(origin.centre)")
            : NamePlan(
                edition2: lists, folders: dataSet.map { ["", $0] } ?? [centre ?? "\(origin.centre)", ""],
                variant)
        plans[origin] = plan
        return plan
    }

    // MARK: Edition 1

    private mutating func namesOfEdition1(_ facts: ConceptFacts) -> FieldNames {
        var facts = facts
        let plan = plan(facts)
        var memory = ConceptLists.Memory()
        var names = FieldNames()
        names.stepType =
            plan.find(.stepType, lists, facts, &memory) ?? String(facts.keys[.timeRangeIndicator] ?? 0)
        facts.stepType = names.stepType ?? ""
        names.typeOfLevel = plan.find(.typeOfLevel, lists, facts, &memory) ?? FieldNames.unknown
        fill(&names, plan, facts, &memory)
        return names
    }

    private func fill(
        _ names: inout FieldNames, _ plan: NamePlan, _ facts: ConceptFacts,
        _ memory: inout ConceptLists.Memory
    ) {
        if let found = plan.find(.shortName, lists, facts, &memory) { names.shortName = found }
        if let found = plan.find(.paramId, lists, facts, &memory) { names.paramId = Int(found) ?? 0 }
        if let found = plan.find(.name, lists, facts, &memory) { names.name = found }
        if let found = plan.find(.units, lists, facts, &memory) { names.units = found }
        if let found = plan.find(.cfName, lists, facts, &memory) { names.cfName = found }
        names.cfVarName = plan.find(.cfVarName, lists, facts, &memory) ?? Self.variableName(names)
    }

    /// A name that programs can use, made of the short one.
    private static func variableName(_ names: FieldNames) -> String {
        let first = names.shortName.utf8.first
        let isDigit = first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? true
        return isDigit || names.shortName == "~" ? "p\(names.paramId)" : names.shortName
    }

    // MARK: Edition 2

    private mutating func namesOfEdition2(_ facts: ConceptFacts) -> FieldNames {
        let dataSet = Self.dataSet(facts.keys)
        var memory = ConceptLists.Memory()
        let switches = plan(facts, dataSet: dataSet)
        let plan = plan(facts, dataSet: dataSet, variant: variant(facts, switches, &memory))
        var names = FieldNames()
        if facts.keys[.typeOfFirstFixedSurface] != nil {
            names.typeOfLevel = plan.find(.typeOfLevel, lists, facts, &memory) ?? FieldNames.unknown
        }
        names.stepType = facts.stepType.isEmpty ? nil : facts.stepType
        fill(&names, plan, facts, &memory)
        return names
    }

    /// The last version of the tables whose parameters have their old names.
    private static let lastOldTables = 33
    /// Classes of ECMWF's archive whose chemical parameters have two parts: mc, cr, a5 and gg.
    private static let splitClasses: Set<Int> = [19, 36, 55, 44]

    /// Which names hold for a message of this age: ecCodes' MTG2Switch.
    private func variant(
        _ facts: ConceptFacts, _ plan: NamePlan, _ memory: inout ConceptLists.Memory
    ) -> NameVariant {
        let modern: Int
        if let found = plan.find(.modernSwitch, lists, facts, &memory) {
            modern = Int(found) ?? 1
        } else if plan.find(.switchByTablesVersion, lists, facts, &memory) ?? "0" == "0" {
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
        return
            "grib2_d\(keys[.discipline] ?? 0)_c\(keys[.parameterCategory] ?? 0)_n\(keys[.parameterNumber] ?? 0)"
    }
}
