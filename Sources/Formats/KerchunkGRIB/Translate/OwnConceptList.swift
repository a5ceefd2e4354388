// SPDX-License-Identifier: Apache-2.0
// Rows of a user's concept file, found by the parameter that they ask for.

struct OwnConceptList: Sendable {
    private let rows: [ConceptFile.Row]
    /// Rows by the number of the parameter that they ask for, in their order.
    private let byParameter: [Int: [Int]]
    /// Rows that ask for none.
    private let others: [Int]

    private static let parameterKeys: [GRIBKey] = [.parameterNumber, .indicatorOfParameter]

    init(_ file: ConceptFile) {
        rows = file.rows
        var byParameter: [Int: [Int]] = [:]
        var others: [Int] = []
        for (index, row) in file.rows.enumerated() {
            let number = row.conditions.lazy.compactMap { condition -> Int? in
                guard let key = condition.key, Self.parameterKeys.contains(key),
                    case .number(let number) = condition.wanted
                else { return nil }
                return number
            }.first
            if let number { byParameter[number, default: []].append(index) } else { others.append(index) }
        }
        self.byParameter = byParameter
        self.others = others
    }

    /// The row with most conditions that fits, of several the last.
    func match(_ facts: ConceptFacts) -> ConceptLists.Match? {
        let parameter = facts.keys[.parameterNumber] ?? facts.keys[.indicatorOfParameter]
        let same = parameter.flatMap { byParameter[$0] } ?? []
        var best: (count: Int, row: Int)?
        for row in [same, others].joined() {
            guard let count = count(rows[row], facts) else { continue }
            if let before = best, (count, row) < before { continue }
            best = (count, row)
        }
        return best.map { ConceptLists.Match(count: $0.count, value: .own(rows[$0.row].value)) }
    }

    /// Conditions of `row`, a list as many as it has numbers; nil where one does not fit.
    private func count(_ row: ConceptFile.Row, _ facts: ConceptFacts) -> Int? {
        var count = 0
        for condition in row.conditions {
            switch condition.wanted {
            case .number(let number):
                guard facts.fits(condition.key, number) else { return nil }
                count += 1
            case .text(let text):
                guard facts.fits(condition.key, text) else { return nil }
                count += 1
            case .list(let numbers):
                guard facts.fits(condition.key, numbers) else { return nil }
                count += numbers.count
            }
        }
        return count
    }
}
