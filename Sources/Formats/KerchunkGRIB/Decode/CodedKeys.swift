// SPDX-License-Identifier: Apache-2.0
// The numbers of one field, decoded once.

/// Values by key: what the sections of a field say.
struct CodedKeys: Sendable {
    /// A number whose bits are all ones, where that means that there is none: as concept files compare it.
    static let missing = 2_147_483_647

    private var values: [Int]
    /// Values of keys that occur in a list, in its order.
    private(set) var lists: [GRIBKey: [Int]] = [:]

    /// What `values` has for a key that is not coded; no section has numbers of 8 bytes.
    private static let absent = Int.min

    init() {
        values = Array(repeating: Self.absent, count: GRIBKey.allCases.count)
        self[.true] = 1
        self[.dummy] = 1
        self[.dummyc] = 0
        self[.genVertHeightCoords] = 0
    }

    /// The value of `key`, `missing` included; nil where the message has none. Of a list: its last.
    subscript(key: GRIBKey) -> Int? {
        get {
            let value = values[Int(key.rawValue)]
            return value == Self.absent ? nil : value
        }
        set { values[Int(key.rawValue)] = newValue ?? Self.absent }
    }

    /// The value of `key`; nil where it is missing, too.
    func given(_ key: GRIBKey) -> Int? {
        guard let value = self[key], value != Self.missing else { return nil }
        return value
    }

    /// Adds `value` to the list of `key`.
    mutating func append(_ value: Int, to key: GRIBKey) {
        lists[key, default: []].append(value)
        self[key] = value
    }

    /// All values of `key`, one for a key outside of lists.
    func all(_ key: GRIBKey) -> [Int] { lists[key] ?? self[key].map { [$0] } ?? [] }
}
