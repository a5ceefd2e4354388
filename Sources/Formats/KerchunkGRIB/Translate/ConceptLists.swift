// SPDX-License-Identifier: Apache-2.0
// Which lists there are, the program's and a user's, and which of their rows fits a field best.

/// What conditions are compared with.
struct ConceptFacts: Sendable {
    var keys: CodedKeys
    var stepType = ""
    /// Levels of pressure are in Pa, and not in hPa.
    var isPressureInPa = false

    func text(_ key: GRIBKey) -> String? {
        switch key {
        case .stepType: stepType
        case .pressureUnits: isPressureInPa ? "Pa" : "hPa"
        default: nil
        }
    }

    func fits(_ key: GRIBKey?, _ number: Int) -> Bool { key.map { keys[$0] == number } ?? false }
    func fits(_ key: GRIBKey?, _ text: String) -> Bool { key.map { self.text($0) == text } ?? false }
    func fits(_ key: GRIBKey?, _ numbers: [Int]) -> Bool { key.map { keys.all($0) == numbers } ?? false }
}

/// All lists, by their place.
struct ConceptLists: Sendable {
    struct Place: Hashable, Sendable {
        let edition: UInt8
        /// Of a centre or a data set; empty for what is the same for all.
        let folder: String
        let variant: NameVariant
        let column: NameColumn
    }

    /// The best row of a list.
    struct Match: Sendable {
        /// Conditions that fit.
        let count: Int
        let value: Value

        enum Value: Sendable {
            /// Text of the program's table.
            case text(Int)
            /// Four texts of it, from this one on.
            case names(Int)
            case own(String)
        }
    }

    /// Where the rows of one file are.
    enum Source: Sendable {
        /// A list of the program's table, by its number.
        case table(Int)
        case own(OwnConceptList)
    }

    static let embedded = ConceptLists()

    private let table = NameTable.embedded
    private let keys: [GRIBKey?]
    private let lists: [NameTable.List]
    private let numbers: [Place: Int]
    private var own: [Place: OwnConceptList] = [:]
    /// Keys that rows of a user's files ask for.
    private(set) var ownKeys: Set<GRIBKey> = []

    private init() {
        keys = table.keys()
        lists = table.lists(keys)
        var numbers: [Place: Int] = [:]
        for (number, list) in lists.enumerated() {
            numbers[
                Place(edition: list.edition, folder: list.folder, variant: list.variant, column: list.column)] =
                number
        }
        self.numbers = numbers
    }

    /// Puts the rows of a user's file in the place of those that the program has.
    mutating func replace(_ place: Place, with file: ConceptFile) {
        own[place] = OwnConceptList(file)
        ownKeys.formUnion(file.rows.lazy.flatMap(\.conditions).compactMap(\.key))
    }

    /// The files of `column` in `folders`, in this order.
    func sources(_ column: NameColumn, edition: UInt8, folders: [String], variant: NameVariant) -> [Source] {
        folders.compactMap { folder in
            var place = Place(edition: edition, folder: folder, variant: variant, column: column)
            if let list = own[place] { return .own(list) }
            if let number = numbers[place] { return .table(number) }
            guard [NameColumn.shortName, .paramId, .name, .units].contains(column) else { return nil }
            place = Place(edition: edition, folder: folder, variant: variant, column: .names)
            return numbers[place].map { .table($0) }
        }
    }

    // MARK: Looking up

    /// Remembers matches of one field, as lists that give four columns are asked four times.
    struct Memory {
        fileprivate var matches: [(list: Int, match: Match?)] = []
    }

    /// The value of `column` in the best row of `sources`; where two are as good, of the later one.
    func value(
        _ column: NameColumn, in sources: [Source], _ facts: ConceptFacts, _ memory: inout Memory
    ) -> String? {
        var best: Match?
        for source in sources {
            let found: Match?
            switch source {
            case .own(let list): found = list.match(facts)
            case .table(let list):
                if let known = memory.matches.first(where: { $0.list == list }) {
                    found = known.match
                } else {
                    found = match(lists[list], facts)
                    memory.matches.append((list, found))
                }
            }
            if let found, found.count >= best?.count ?? 0 { best = found }
        }
        return best.map { text($0.value, column) }
    }

    private func text(_ value: Match.Value, _ column: NameColumn) -> String {
        switch value {
        case .text(let index): table.text(index)
        case .names(let index): table.value(index, column: Int(column.rawValue) - 1)
        case .own(let text): text
        }
    }

    private func match(_ list: NameTable.List, _ facts: ConceptFacts) -> Match? {
        var best: (count: Int, order: Int, value: Int)?
        func look(in rows: Range<Int>, _ known: Int) {
            for index in rows {
                let row = table.row(index)
                guard
                    let count = table.count(
                        row.conditions,
                        while: { key, wanted in
                            switch wanted {
                            case .number(let number): facts.fits(keys[key], number)
                            case .text(let text): facts.fits(keys[key], table.text(text))
                            case .list(let numbers): facts.fits(keys[key], numbers)
                            }
                        })
                else { continue }
                let total = count + known
                guard let before = best, (total, row.order) < (before.count, before.order) else {
                    best = (total, row.order, row.value)
                    continue
                }
            }
        }
        if let bucket = bucket(of: list, facts) {
            look(in: table.rows(of: list, in: bucket), list.bucketKeys.count)
        }
        look(in: list.rest, 0)
        return best.map {
            Match(count: $0.count, value: list.column == .names ? .names($0.value) : .text($0.value))
        }
    }

    /// Where rows are that ask for the field's own parameter; nil where it has none.
    private func bucket(of list: NameTable.List, _ facts: ConceptFacts) -> UInt32? {
        guard !list.bucketKeys.isEmpty else { return nil }
        var bucket: UInt32 = 0
        for key in list.bucketKeys {
            guard let key, let value = facts.keys[key], (0...254).contains(value) else { return nil }
            bucket = bucket << 8 | UInt32(value)
        }
        return bucket
    }

    /// Abbreviation and title of `code`.
    func code(_ table: CodeTable, _ code: Int, version: Int = 0) -> (short: String, title: String)? {
        self.table.code(table, code, version: version)
    }
}
