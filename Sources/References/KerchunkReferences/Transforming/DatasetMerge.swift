// SPDX-License-Identifier: Apache-2.0
// The variables of several reference sets in one, where what they share is the same.

import KerchunkBytes
public import KerchunkModel
public import KerchunkReading

/// Puts datasets with the same coordinates together.
public struct DatasetMerge: Sendable {
    /// A reference set, and what errors call it.
    public typealias Input = (name: String, dataset: VirtualDataset)

    private let reader: ArrayReader

    /// - Parameter reader: reads arrays that several inputs have under one name from different places.
    public init(reader: ArrayReader) { self.reader = reader }

    /// - Returns: a dataset with all groups and arrays; what several inputs have comes from the first of them. And
    ///   attributes in which others differ without changing values.
    /// - Throws: one error with all conflicts: arrays of one path with other values, dimensions with other lengths.
    public func merge(_ inputs: [Input]) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        var state = MergeState(reader: reader)
        var root = VirtualGroup()
        for (index, input) in inputs.enumerated() {
            state.begin(input)
            if index == 0 { root.attributes = input.dataset.root.attributes }
            root = state.merged(
                root, input.dataset.root.namingRootArray(Self.arrayName(input.name)), path: "",
                isNew: index == 0)
            try state.addLooseKeys(input.dataset.looseKeys)
        }
        guard state.conflicts.isEmpty else {
            let count = state.conflicts.count
            throw KerchunkError(
                .unsupported,
                "cannot merge: " + (count == 1 ? "" : "\(count) conflicts:\n  ")
                    + state.conflicts.joined(separator: "\n  "))
        }
        let dataset = VirtualDataset(root: root, sources: state.table, looseKeys: LooseKeys(state.looseKeys))
        return (dataset, state.issues)
    }

    /// What an array that is the root of its set is called among others: as its file, without endings.
    static func arrayName(_ input: String) -> String {
        let file = input.split(separator: "/").last ?? ""
        let name = String(file.prefix { $0 != "." })
        return name.isEmpty ? VirtualGroup.nestedArrayName : name
    }
}

/// What is known while inputs are gone through.
private struct MergeState {
    let reader: ArrayReader
    let table = SourceTable()
    private(set) var conflicts: [String] = []
    private(set) var issues: [Issue] = []
    private(set) var looseKeys: [(name: String, value: ChunkLocation)] = []
    private var loosePlaces: [ExactText: Int] = [:]
    private var input = ""
    private var remapping: SourceRemapping
    /// The input that each array or group came from.
    private var origins: [ExactText: String] = [:]
    /// By group and dimension: its length, and the array and input that gave it.
    private var lengths: [ExactText: (length: UInt64, array: String, input: String)] = [:]

    init(reader: ArrayReader) {
        self.reader = reader
        remapping = SourceRemapping(from: SourceTable(), to: table)
    }

    mutating func begin(_ input: DatasetMerge.Input) {
        self.input = input.name
        remapping = SourceRemapping(from: input.dataset.sources, to: table)
    }

    /// Of equal keys the first counts.
    mutating func addLooseKeys(_ keys: LooseKeys?) throws(KerchunkError) {
        do {
            try keys.map { remapping.mapped($0) }?.forEachKey { name, value in
                guard let place = loosePlaces[name] else {
                    loosePlaces[name] = looseKeys.count
                    looseKeys.append((name, value))
                    return
                }
                guard looseKeys[place].value != value else { return }
                issues.append(
                    Issue(object: "/" + name, reason: "this key of \(input) differs; the first is kept"))
            }
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }

    /// `known` with the members of `new` that it lacks; those that both have must agree.
    mutating func merged(_ known: VirtualGroup, _ new: VirtualGroup, path: String, isNew: Bool)
        -> VirtualGroup
    {
        var merged = known
        mergeAttributes(&merged, new, path: path, isNew: isNew)
        for (name, member) in new.members {
            let memberPath = keyPrefix(ofPath: path) + name
            let origin = origins[memberPath] ?? ""
            switch (known[name], member) {
            case (nil, .array(let array)):
                checkDimensions(array, at: memberPath, in: path)
                merged[name] = .array(remapping.mapped(array))
                origins[memberPath] = input
            case (nil, .group(let group)):
                origins[memberPath] = input
                merged[name] = .group(
                    self.merged(
                        VirtualGroup(attributes: group.attributes), group, path: memberPath, isNew: true))
            case (.group(let one), .group(let other)):
                merged[name] = .group(self.merged(one, other, path: memberPath, isNew: false))
            case (.array(let one), .array(let other)):
                compare(one, remapping.mapped(other), at: memberPath, origin)
            case (.array, .group), (.group, .array):
                conflicts.append(
                    "\"/\(memberPath)\" is a group in one of \(origin) and \(input), an array in the other")
            }
        }
        return merged
    }

    private mutating func mergeAttributes(
        _ merged: inout VirtualGroup, _ new: VirtualGroup, path: String, isNew: Bool
    ) {
        guard !isNew else { return }
        for (name, value) in new.attributes {
            if let known = merged.attributes[name] {
                guard known != value else { continue }
                issues.append(
                    Issue(
                        object: "/" + path,
                        reason: "the attribute \"\(name)\" of \(input) differs; the first is kept"))
            } else {
                merged.attributes[name] = value
            }
        }
    }

    private mutating func checkDimensions(_ array: VirtualArray, at path: String, in group: String) {
        for (name, length) in zip(array.dimensionNames ?? [], array.shape) {
            let key = group + "/" + name
            if let known = lengths[key] {
                if known.length != length {
                    conflicts.append(
                        "the dimension \"\(name)\" of \"/\(path)\" has the length \(length) in \(input), but \(known.length) for \"/\(known.array)\" in \(known.input)"
                    )
                }
            } else {
                lengths[key] = (length, path, input)
            }
        }
    }

    /// Whether two arrays of one path have the same values; they need not lie in the same places.
    private mutating func compare(
        _ one: VirtualArray, _ other: VirtualArray, at path: String, _ origin: String
    ) {
        var found = ArrayAgreement.disagreements(one, other)
        if one.shape != other.shape {
            found.append(Disagreement(what: "the shape", one: "\(one.shape)", other: "\(other.shape)"))
        }
        conflicts += found.map { "\"/\(path)\": " + $0.text(origin, input) }
        guard found.isEmpty else { return }
        do throws(KerchunkError) {
            if try !isSamePlaces(one, other),
                try reader.elements(of: one, in: table) != reader.elements(of: other, in: table)
            {
                conflicts.append("\"/\(path)\" has other values in \(input) than in \(origin)")
            }
        } catch {
            conflicts.append(
                "\"/\(path)\" is in \(origin) and in \(input), and its values cannot be compared: \(error.description)"
            )
        }
        issues += ArrayAgreement.otherAttributes(one.attributes, other.attributes).map {
            Issue(
                object: "/" + path,
                reason:
                    "the attribute \"\($0)\" differs between \(origin) and \(input); that of the first is kept"
            )
        }
    }

    /// Whether the chunks of both are the same bytes of the same files.
    private func isSamePlaces(_ one: VirtualArray, _ other: VirtualArray) throws(KerchunkError) -> Bool {
        guard one.chunkShape == other.chunkShape,
            ArrayAgreement.codecDisagreement(one, other, reader.codecs) == nil
        else {
            return false
        }
        do {
            let run = min(one.chunks.sequentialRun(), other.chunks.sequentialRun())
            var start: UInt64 = 0
            while start < one.chunks.grid.count {
                let end = start + min(run, one.chunks.grid.count - start)
                if try one.chunks.rows(start..<end) != other.chunks.rows(start..<end) { return false }
                start = end
            }
            return true
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }
}
