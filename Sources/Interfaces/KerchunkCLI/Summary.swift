// SPDX-License-Identifier: Apache-2.0
// What was done, in one line for people and as JSON for programs.

import Kerchunk

/// What came of a command that writes one output.
struct Summary {
    /// `12 files joined`
    var deed = ""
    var variables = 0
    var references: UInt64 = 0
    /// What was read and left as it is, or left out: `3 unchanged`.
    var asides: [String] = []
    /// Whether the output was changed at all.
    var isWritten = true
    /// What was written that has no variables: `a plan of 12 partitions`.
    var product: String?
    let start = Platform.monotonicTime

    /// `1,000 files scanned in 0.4 s: 12 variables, 36,000 references, written to refs/`
    func line(output: String) -> String {
        let seconds = Double(Platform.monotonicTime - start) / 1e9
        let time =
            seconds < 0.095
            ? "\(Int((seconds * 1000).rounded())) ms"
            : (seconds < 9.95 ? "\((seconds * 10).rounded() / 10)" : grouped(Int(seconds.rounded()))) + " s"
        var line = deed + asides.map { ", " + $0 }.joined() + " in \(time)"
        if let product {
            line += ": \(product), written to \(withoutControls(shownURL(output)))"
        } else if isWritten, variables > 0 || references > 0 {
            line += ": \(counted(variables, "variable")), \(counted(references, "reference"))"
            line += ", written to \(withoutControls(shownURL(output)))"
        }
        return line
    }
}

/// `1 file`, `1,000 files`.
func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(grouped(Int(clamping: count))) \(plural(of: noun, count))"
}

/// Digits in groups of three: `36,000`.
func grouped(_ number: Int) -> String {
    var digits = "\(number.magnitude)"
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}

/// Which inputs were left out, and why, as reports for programs have it.
func leftOutJSON(_ inputs: [(name: String, error: KerchunkError)]) -> JSONValue {
    .array(inputs.map { ["input": .string(shownURL($0.name)), "error": $0.error.json] })
}

/// Says which of `total` inputs were left out, and why: each reason once, with the first inputs that it holds for.
func leftOutText(_ inputs: [(name: String, error: KerchunkError)], of total: Int) -> String {
    let limit = 20
    var reasons: [String] = []
    var names: [String: [String]] = [:]
    for input in inputs {
        let reason = shownText(input.error.message)
        if names[reason] == nil { reasons.append(reason) }
        names[reason, default: []].append(
            withoutControls(shownURL(input.name) + (input.error.object.map { ", \($0)" } ?? "")))
    }
    var text = "warning: \(grouped(inputs.count)) of \(counted(total, "input")) left out:"
    for reason in reasons.prefix(limit) {
        let places = names[reason] ?? []
        text += "\n  \(reason)\n    in " + places.prefix(limit).joined(separator: "\n    in ")
        if places.count > limit { text += "\n    and in \(grouped(places.count - limit)) more" }
    }
    if reasons.count > limit {
        text += "\n  and for \(grouped(reasons.count - limit)) other reasons; --json lists all"
    }
    return text
}
