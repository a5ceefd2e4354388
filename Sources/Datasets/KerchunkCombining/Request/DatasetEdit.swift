// SPDX-License-Identifier: Apache-2.0
// Changes to datasets before and after they are combined.

public import KerchunkBytes
public import KerchunkModel
import KerchunkReferences

/// One change.
public enum DatasetEdit: Sendable {
    /// Variables that are left out: names or paths, with `*` and `?`. What fits nothing is passed over here: `NamedVariables`.
    case drop([String])
    case rename(variable: String, to: String)
    case renameDimension(String, to: String)
    /// Of a variable, or of the root group where it is nil.
    case setAttribute(variable: String?, name: String, value: JSONValue)
    case deleteAttribute(variable: String?, name: String)
    case function(@Sendable (VirtualDataset) throws -> VirtualDataset)

    public func applied(to dataset: VirtualDataset) throws(KerchunkError) -> VirtualDataset {
        var changed = dataset
        switch self {
        case .drop(let patterns): changed.root = dataset.root.dropping(patterns)
        case .rename(let old, let new):
            changed.root = try dataset.root.renamingArray(old, to: new)
        case .renameDimension(let old, let new):
            changed.root = dataset.root.mappingArrays { _, array in
                var array = array
                array.dimensionNames = array.dimensionNames?.map { $0.isExactly(old) ? new : $0 }
                return array
            }
            if dataset.root.array(at: old) != nil {
                changed.root = try changed.root.renamingArray(old, to: new)
            }
        case .setAttribute(let variable, let name, let value):
            changed.root = dataset.root.changingAttributes(of: variable) { $0[name] = value }
        case .deleteAttribute(let variable, let name):
            changed.root = dataset.root.changingAttributes(of: variable) { $0[name] = nil }
        case .function(let change):
            do {
                changed = try change(dataset)
            } catch {
                throw KerchunkError(wrapping: error)
            }
        }
        return changed
    }
}

extension [DatasetEdit] {
    /// The same as `applied`, for changes that a user asks for.
    /// - Throws: also where an attribute is to be deleted that is not there.
    public func checked(applyingTo dataset: VirtualDataset) throws(KerchunkError) -> VirtualDataset {
        var changed = dataset
        for edit in self {
            if case .deleteAttribute(let variable, let name) = edit {
                try changed.root.checkAttribute(name, of: variable)
            }
            changed = try edit.applied(to: changed)
        }
        return changed
    }

    public func applied(to dataset: VirtualDataset) throws(KerchunkError) -> VirtualDataset {
        var changed = dataset
        for edit in self { changed = try edit.applied(to: changed) }
        return changed
    }
}

extension VirtualGroup {
    fileprivate func dropping(_ patterns: [String]) -> VirtualGroup {
        let names = CombineNames(patterns)
        return keepingArrays { !names.contain($0) }
    }

    /// The same hierarchy with an array under another name, in the same group.
    fileprivate func renamingArray(_ old: String, to new: String) throws(KerchunkError) -> VirtualGroup {
        var changed = self
        let parts = old.split(separator: "/").map(String.init)
        guard let name = parts.first else { return self }
        if parts.count > 1 {
            guard case .group(let child)? = self[name] else { return self }
            changed[name] = .group(
                try child.renamingArray(parts.dropFirst().joined(separator: "/"), to: new))
            return changed
        }
        guard case .array? = self[name], !name.isExactly(new) else { return self }
        if self[new] != nil {
            throw KerchunkError(.usage, "cannot rename \"\(old)\": \"\(new)\" already exists")
        }
        // The order of the members stays.
        changed = VirtualGroup(attributes: attributes)
        for (known, member) in members { changed[known.isExactly(name) ? new : known] = member }
        return changed
    }

    fileprivate func checkAttribute(_ name: String, of variable: String?) throws(KerchunkError) {
        var known: [String] = []
        if let variable {
            let names = CombineNames([variable])
            forEachArray { path, array in
                if names.contain(path) { known += array.attributes.map(\.name) }
            }
        } else {
            known = attributes.map(\.name)
        }
        guard !known.contains(name) else { return }
        let owner = variable.map { "variable \"\($0)\"" } ?? "combination"
        var hint = NearNames(Set(known).sorted()).hint(for: name)
        if known.isEmpty { hint = "; there are none" }
        throw KerchunkError(.usage, "the \(owner) has no attribute \"\(name)\" to delete\(hint)")
    }

    fileprivate func changingAttributes(
        of variable: String?, _ change: (inout JSONObject) -> Void
    ) -> VirtualGroup {
        guard let variable else {
            var changed = self
            change(&changed.attributes)
            return changed
        }
        let names = CombineNames([variable])
        return mappingArrays { path, array in
            guard names.contain(path) else { return array }
            var array = array
            change(&array.attributes)
            return array
        }
    }
}
