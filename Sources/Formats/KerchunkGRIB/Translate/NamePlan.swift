// SPDX-License-Identifier: Apache-2.0
// Which lists are asked for the names of a centre's messages, and in which order.

/// For each column: groups of lists. The best row of a group counts; the next group is asked where none fits.
struct NamePlan: Sendable {
    private var groups: [[[ConceptLists.Source]]]

    private static let ecmwf = ["ecmf", ""]

    init(edition1 lists: ConceptLists, centre: String) {
        let local = [centre, ""]
        groups = NameColumn.allCases.map { column in
            let folders = column == .stepType ? [local] : [local, Self.ecmwf]
            return folders.map { lists.sources(column, edition: 1, folders: $0, variant: .current) }
        }
    }

    /// - Parameter folders: of the centre or the data set.
    init(edition2 lists: ConceptLists, folders: [String], _ variant: NameVariant) {
        groups = NameColumn.allCases.map { column in
            func sources(_ folders: [String], _ variant: NameVariant) -> [ConceptLists.Source] {
                lists.sources(column, edition: 2, folders: folders, variant: variant)
            }
            switch column {
            case .names, .shortName, .paramId, .name, .units:
                return [
                    sources(folders, variant), sources(Self.ecmwf, variant), sources(Self.ecmwf, .legacy),
                ]
            case .cfName:
                return [
                    sources(folders, .current), sources(Self.ecmwf, .current), sources(Self.ecmwf, .legacy),
                ]
            case .cfVarName, .typeOfLevel, .stepType, .modernSwitch, .switchByTablesVersion:
                return [sources(folders, .current)]
            }
        }
    }

    func find(
        _ column: NameColumn, _ lists: ConceptLists, _ facts: ConceptFacts,
        _ memory: inout ConceptLists.Memory
    ) -> String? {
        for sources in groups[Int(column.rawValue)] {
            if let found = lists.value(column, in: sources, facts, &memory) { return found }
        }
        return nil
    }
}
