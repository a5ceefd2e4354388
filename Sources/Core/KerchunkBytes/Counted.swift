// SPDX-License-Identifier: Apache-2.0
// Counts in sentences: `1 input`, `2 inputs`.

/// `1 input`, `2 inputs`, `0 inputs`.
package func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(count) \(plural(of: noun, count))"
}

/// `noun` as it follows on `count`: `input`, `inputs`; `entry`, `entries`; `axis`, `axes`; `batch`, `batches`.
package func plural(of noun: String, _ count: some BinaryInteger) -> String {
    if count == 1 { return noun }
    if noun.hasSuffix("is") { return noun.dropLast(2) + "es" }
    if noun.hasSuffix("y"), !"aeiou".contains(noun.dropLast().last ?? "a") { return noun.dropLast() + "ies" }
    return noun + (["s", "x", "ch", "sh"].contains { noun.hasSuffix($0) } ? "es" : "s")
}
