// SPDX-License-Identifier: Apache-2.0
// What stands against many inputs, in one error.

import KerchunkBytes
import KerchunkModel

extension KerchunkError {
    /// One error that tells them all.
    static func together(_ errors: [KerchunkError]) -> KerchunkError? {
        guard errors.count > 1, let first = errors.first, !errors.contains(where: { $0.kind == .cancelled })
        else { return errors.first }
        var places: [String: Int] = [:]
        var different: [KerchunkError] = []
        for error in errors {
            if places[error.message] == nil { different.append(error) }
            places[error.message, default: -1] += 1
        }
        let shown = different.prefix(20).map { error in
            let more = places[error.message] ?? 0
            return error.description.replacing("\n", with: "\n  ")
                + (more > 0 ? ", and the same in \(more) more" : "")
        }
        let rest =
            different.count > shown.count ? "\n  and for \(different.count - shown.count) more reasons" : ""
        return KerchunkError(
            errors.allSatisfy { $0.kind == first.kind } ? first.kind : .input,
            "\(counted(errors.count, "input")) cannot be used:\n  " + shown.joined(separator: "\n  ") + rest)
    }
}
