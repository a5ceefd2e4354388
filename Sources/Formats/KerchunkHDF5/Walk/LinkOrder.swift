// SPDX-License-Identifier: Apache-2.0
// Links by the bytes of their names, and finding one.

/// `links` in ascending order of the names' bytes.
///
/// `<` on strings compares characters, for which two spellings of an accent are equal; names in HDF5 are bytes.
func sortedByName(_ links: [LinkMessage]) -> [LinkMessage] {
    let isSorted = links.indices.dropFirst().allSatisfy { isBefore(links[$0 - 1].name, links[$0].name) }
    return isSorted ? links : links.sorted { isBefore($0.name, $1.name) }
}

/// The link called `name` among `links`, which `sortedByName` gave.
/// - Complexity: O(log n).
func link(named name: some StringProtocol, in links: [LinkMessage]) -> Int? {
    var low = 0
    var high = links.count
    while low < high {
        let middle = (low + high) / 2
        if links[middle].name.utf8.lexicographicallyPrecedes(name.utf8) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    return low < links.count && links[low].name.utf8.elementsEqual(name.utf8) ? low : nil
}

private func isBefore(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
}
