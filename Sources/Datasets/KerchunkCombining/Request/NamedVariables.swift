// SPDX-License-Identifier: Apache-2.0
// Whether the variables that a request names are in any input: a misspelt name must not be passed over.

public import KerchunkModel
import KerchunkStorage

/// Which of the names that a request gives, patterns excepted, were found so far.
public struct NamedVariables: Sendable {
    /// A name, and where it was given.
    private struct Name: Hashable, Sendable {
        let text: String
        let use: String
    }

    private var found: Set<Name> = []
    /// Variables and dimensions that there were instead.
    private var known: Set<String> = []
    private static let knownLimit = 10_000

    public init() {}

    /// `dataset` with the changes that `request` wants of inputs; what it names is noted.
    public mutating func prepare(
        _ dataset: VirtualDataset, _ request: CombineRequest
    ) throws(KerchunkError) -> VirtualDataset {
        var changed = dataset
        for edit in request.preprocessing {
            note(Self.names(of: edit), in: changed)
            changed = try edit.applied(to: changed)
        }
        note(Self.loaded(request), in: changed)
        return changed
    }

    /// Adds what was noted elsewhere.
    public mutating func add(_ other: NamedVariables) {
        found.formUnion(other.found)
        if known.count < Self.knownLimit { known.formUnion(other.known) }
    }

    /// - Throws: kind `usage` where a name is in none of the datasets that were prepared.
    public func check(_ request: CombineRequest) throws(KerchunkError) {
        let names = request.preprocessing.flatMap(Self.names) + Self.loaded(request)
        for name in names where !found.contains(name) {
            let hint = NearNames(known).shortHint(for: name.text)
            throw KerchunkError(.usage, "no input has the \(name.use) \"\(name.text)\"\(hint)")
        }
    }

    private static func names(of edit: DatasetEdit) -> [Name] {
        switch edit {
        case .drop(let names):
            names.filter { !LocalStore.isPattern($0) }.map { Name(text: $0, use: "variable to drop") }
        case .rename(let old, _): [Name(text: old, use: "variable to rename")]
        case .renameDimension(let old, _): [Name(text: old, use: "dimension to rename")]
        case .setAttribute, .deleteAttribute, .function: []
        }
    }

    private static func loaded(_ request: CombineRequest) -> [Name] {
        request.loaded.filter { !LocalStore.isPattern($0) }.map { Name(text: $0, use: "variable to load") }
    }

    private mutating func note(_ names: [Name], in dataset: VirtualDataset) {
        let missing = names.filter { !found.contains($0) }
        guard !missing.isEmpty else { return }
        var paths: [String] = []
        var dimensions: Set<String> = []
        dataset.root.forEachArray { path, array in
            paths.append(path)
            dimensions.formUnion(array.dimensionNames ?? [])
        }
        for name in missing {
            let isThere =
                name.use.hasPrefix("dimension")
                ? dimensions.contains(name.text)
                : paths.contains { NamePatterns.matches($0, name.text) }
            if isThere { found.insert(name) }
        }
        if known.count < Self.knownLimit {
            known.formUnion(paths)
            known.formUnion(dimensions)
        }
    }
}
