// SPDX-License-Identifier: Apache-2.0
// Part of a dataset.

public import KerchunkModel

extension VirtualDataset {
    /// The group at `group` as the root, with those of its arrays that are wanted, and the sources of these. Keys of no array
    /// go along where no arrays are chosen.
    /// - Parameters:
    ///   - included: names or paths below the new root, with `*` and `?`; all where it is empty.
    ///   - excluded: the same, of arrays that are left out.
    /// - Throws: where there is no such group, or a pattern fits nothing.
    public func selecting(
        group path: String = "/", included: [String] = [], excluded: [String] = []
    ) throws(KerchunkError) -> VirtualDataset {
        guard let group = root.group(at: path) else {
            var known: [String] = []
            root.forEachGroup { path, _ in known.append("/" + path) }
            throw KerchunkError(.usage, "there is no group \"\(path)\"\(NearNames(known).hint(for: path))")
        }
        let filter = VariableFilter(included: included, excluded: excluded)
        try filter.check(against: group)
        let isWhole = included.isEmpty && excluded.isEmpty
        return VirtualDataset(
            root: filter.filtered(group), sources: sources,
            looseKeys: isWhole ? try looseKeys(below: path) : nil
        ).remapped()
    }

    /// Those whose keys start with the path of a group, without it.
    private func looseKeys(below path: String) throws(KerchunkError) -> LooseKeys? {
        let prefix = keyPrefix(ofPath: path.split(separator: "/").joined(separator: "/"))
        if prefix.isEmpty { return looseKeys }
        var kept: [(name: String, value: ChunkLocation)] = []
        do {
            try looseKeys?.forEachKey { name, value in
                if name.hasPrefix(prefix) { kept.append((String(name.dropFirst(prefix.count)), value)) }
            }
        } catch {
            throw KerchunkError(wrapping: error)
        }
        return LooseKeys(kept)
    }
}
