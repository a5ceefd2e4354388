// SPDX-License-Identifier: Apache-2.0
// Names for axes without a dimension scale, as h5netcdf gives them with `phony_dims="sort"`.

import KerchunkBytes

/// `phony_dim_N`: within a group, axes of one length share a name; a square dataset needs two of its length.
struct PhonyDimensions {
    struct Dataset {
        /// `/group/name`.
        let path: String
        let shape: [UInt64]
        let isScale: Bool
        /// Whether any axis has a scale.
        let hasScales: Bool
        /// Whether an axis has neither a scale nor, on a coordinate variable, the variable's own name.
        let lacksNames: Bool
    }

    /// By group path: the names of each length, in order.
    private var namesByGroup: [ExactText: [UInt64: [String]]] = [:]

    /// - Parameter firstNumber: the N of the first name.
    init(_ datasets: [Dataset], firstNumber: Int) {
        // Most netCDF files need none.
        guard datasets.contains(where: \.lacksNames) else { return }
        var groups: [ExactText: [Dataset]] = [:]
        for dataset in datasets { groups[Self.group(of: dataset.path), default: []].append(dataset) }
        var number = firstNumber
        // Depth first, groups and datasets by name.
        for group in groups.keys.map(\.text).sorted(by: Self.precedes) {
            let members = (groups[group] ?? []).sorted {
                Array($0.path.utf8).lexicographicallyPrecedes(Array($1.path.utf8))
            }
            var names: [UInt64: [String]] = [:]
            for scale in members where scale.isScale && !scale.shape.isEmpty {
                names[scale.shape[0], default: []].append(
                    NetCDF4Dimensions.variableName(String(scale.path.split(separator: "/").last ?? "")))
            }
            // In the order in which lengths are first seen.
            var order: [UInt64] = []
            var counts: [UInt64: Int] = [:]
            for dataset in members where !dataset.isScale && !dataset.hasScales {
                for length in dataset.shape {
                    if counts[length] == nil { order.append(length) }
                    counts[length] = max(counts[length] ?? 0, dataset.shape.count { $0 == length })
                }
            }
            for length in order {
                while names[length, default: []].count < counts[length] ?? 0 {
                    names[length, default: []].append("phony_dim_\(number)")
                    number += 1
                }
            }
            namesByGroup[group] = names
        }
    }

    /// One name an axis.
    func names(of path: String, shape: [UInt64]) -> [String] {
        let names = namesByGroup[Self.group(of: path)] ?? [:]
        var used: [UInt64: Int] = [:]
        return shape.enumerated().map { axis, length in
            let index = used[length] ?? 0
            used[length] = index + 1
            let candidates = names[length] ?? []
            return index < candidates.count ? candidates[index] : "phony_dim_\(axis)_\(length)"
        }
    }

    private static func group(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: true).dropLast().joined(separator: "/")
    }

    private static func precedes(_ one: String, _ other: String) -> Bool {
        one.split(separator: "/").map { Array($0.utf8) }
            .lexicographicallyPrecedes(other.split(separator: "/").map { Array($0.utf8) }) {
                $0.lexicographicallyPrecedes($1)
            }
    }
}
