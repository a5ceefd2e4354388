// SPDX-License-Identifier: Apache-2.0
// How deep things may lie inside each other, everywhere: what one reader takes, all writers and readers take.

/// The one bound on nesting: of groups in groups, and of lists and objects in attributes and other values.
public enum Nesting {
    /// Levels inside each other.
    public static let limit = 128
    /// Levels that may stand around values: those of consolidated metadata, packed datasets, requests.
    static let envelope = 16

    /// What is wrong with what lies deeper.
    public static let problem = "nested deeper than \(limit)"
}

extension JSONValue {
    /// Whether lists and objects lie more than `Nesting.limit` levels inside each other.
    public var isTooDeep: Bool { isDeeper(than: Nesting.limit) }

    private func isDeeper(than levels: Int) -> Bool {
        switch self {
        case .array(let values):
            levels == 0 || values.contains { $0.isDeeper(than: levels - 1) }
        case .object(let object):
            levels == 0 || object.contains { $0.value.isDeeper(than: levels - 1) }
        default: false
        }
    }
}
