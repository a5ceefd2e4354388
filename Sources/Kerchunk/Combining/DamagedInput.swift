// SPDX-License-Identifier: Apache-2.0
// Inputs of a combination that lack something because they are damaged.

import KerchunkModel

extension KerchunkError {
    private static let shownDamage = 5

    /// Throws where something is missing from an input because it is damaged: nobody would see that in the output.
    static func refuse(damage issues: [Issue]) throws(KerchunkError) {
        if let error = KerchunkError(damage: issues) { throw error }
    }

    /// That something is missing because of damage; nil where nothing is.
    package init?(damage issues: [Issue]) {
        let damage = issues.filter(\.isDamage)
        guard !damage.isEmpty else { return nil }
        var lines = damage.prefix(Self.shownDamage).map { "\($0.object): \($0.reason)" }
        if damage.count > lines.count { lines.append("and \(damage.count - lines.count) more") }
        self.init(
            .malformed,
            "the input is damaged and not used, because nobody would notice what is missing in the output (get the complete file, leave it out with --on-error skip, or scan what is left of it with --salvage):\n    "
                + lines.joined(separator: "\n    "))
    }
}
