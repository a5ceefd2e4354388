// SPDX-License-Identifier: Apache-2.0
// Whether the variables that a request names are in any input: a misspelt name must not be passed over.

import KerchunkBytes
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
    private var known: Set<ExactText> = []
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
        note(Self.used(request), in: changed)
        return changed
    }

    /// Adds what was noted elsewhere.
    public mutating func add(_ other: NamedVariables) {
        found.formUnion(other.found)
        if known.count < Self.knownLimit { known.formUnion(other.known) }
    }

    /// - Throws: kind `usage` where a name is in none of the datasets that were prepared.
    public func check(_ request: CombineRequest) throws(KerchunkError) {
        let names = request.preprocessing.flatMap(Self.names) + Self.used(request)
        for name in names where !found.contains(name) {
            var hint = NearNames(known.map(\.text).filter { !$0.isExactly(name.text) }).shortHint(
                for: name.text)
            if hint.isEmpty, name.use == Self.joined {
                hint = "; give its values with --coord \(name.text)=…"
            }
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

    /// What a request names of the inputs as they are when they have been changed.
    private static func used(_ request: CombineRequest) -> [Name] {
        let given = Set(exactly: request.coordinates.map(\.dimension) + [CombineRequest.variableDimension])
        var names: [Name] = []
        func add(_ texts: some Sequence<String>, _ use: String) {
            names += texts.filter { !LocalStore.isPattern($0) }.map { Name(text: $0, use: use) }
        }
        add(request.loaded, "variable to load")
        add(request.concatDimensions.filter { !given.contains($0) }, joined)
        // kerchunk passes over what is not there.
        guard request.semantics != .kerchunk else { return names }
        add(request.identicalDimensions, "variable or dimension to take from the first input")
        add(
            request.coordinateTypes.keys.sorted().filter { !given.contains($0) }.map(\.text),
            "coordinate with a dtype")
        add(request.fillValues.keys.sorted().map(\.text), "variable with a fill value")
        for edit in request.postprocessing {
            switch edit {
            case .setAttribute(let variable?, _, _), .deleteAttribute(let variable?, _):
                if !given.contains(variable) { add([variable], "variable with a changed attribute") }
            default: break
            }
        }
        return names
    }

    private static let joined = "dimension to concatenate along"

    private mutating func note(_ names: [Name], in dataset: VirtualDataset) {
        let missing = names.filter { !found.contains($0) }
        guard !missing.isEmpty else { return }
        var paths: [String] = []
        var dimensions: Set<ExactText> = []
        dataset.root.forEachArray { path, array in
            paths.append(path)
            dimensions.formUnion((array.dimensionNames ?? []).map { ExactText($0) })
        }
        for name in missing {
            let isVariable = paths.contains { NamePatterns.matches($0, name.text) }
            let isDimension = dimensions.contains { NamePatterns.matches($0.text, name.text) }
            let isThere =
                name.use == "dimension to rename"
                ? isDimension : isVariable || !name.use.hasPrefix("variable to") && isDimension
            if isThere { found.insert(name) }
        }
        if known.count < Self.knownLimit {
            known.formUnion(paths.map { ExactText($0) })
            known.formUnion(dimensions)
        }
    }
}
