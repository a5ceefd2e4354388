// SPDX-License-Identifier: Apache-2.0
// Regular expressions on the names of inputs, and dates in what they find.

import KerchunkModel
import KerchunkReading

/// A regular expression that is looked for in a name.
struct FileNamePattern {
    let text: String
    private let regex: Regex<AnyRegexOutput>

    init(_ text: String) throws(KerchunkError) {
        self.text = text
        do {
            regex = try Regex(text)
        } catch {
            throw KerchunkError(.usage, "\"\(text)\" is not a regular expression: \(error)")
        }
    }

    /// The first group of the first match, or all of it where there are no groups.
    /// - Throws: where nothing matches.
    func found(in name: String) throws(KerchunkError) -> String {
        guard let match = (try? regex.firstMatch(in: name)) ?? nil else {
            throw KerchunkError(.input, "the pattern \"\(text)\" does not match the name \"\(name)\"")
        }
        let output = match.output
        let part = output.count > 1 ? output[1].substring : output[0].substring
        return String(part ?? "")
    }
}

/// Dates in the form that `strptime` has.
struct DateForm {
    let form: String
    /// Whether the form has a time of day.
    var hasTime: Bool { ["%H", "%M", "%S"].contains { form.contains($0) } }

    /// `2000-02-29` or `2000-02-29T12:00:00`: what `text` says.
    /// - Throws: for a text of another form.
    func date(_ text: String) throws(KerchunkError) -> String {
        var parts: [Character: Int] = [:]
        var rest = text[...]
        var iterator = form.makeIterator()
        while let character = iterator.next() {
            guard character == "%", let directive = iterator.next() else {
                guard rest.first == character else { throw mismatch(text) }
                rest.removeFirst()
                continue
            }
            if directive == "%" {
                guard rest.first == "%" else { throw mismatch(text) }
                rest.removeFirst()
                continue
            }
            guard let width = Self.widths[directive] else {
                throw KerchunkError(
                    .usage, "the date format \"\(form)\" has %\(directive); known are %Y %m %d %j %H %M %S")
            }
            let digits = rest.prefix(width).prefix { $0.isASCII && $0.isNumber }
            // Years have four digits; others may lack their leading zeros.
            guard let value = Int(digits), directive != "Y" || digits.count == width else {
                throw mismatch(text)
            }
            parts[directive] = value
            rest = rest.dropFirst(digits.count)
        }
        guard rest.isEmpty, let year = parts["Y"] else { throw mismatch(text) }
        var month = parts["m"] ?? 1
        var day = parts["d"] ?? 1
        if let ofYear = parts["j"] {
            guard let time = CFTime(units: "days since \(year)-01-01", calendar: "proleptic_gregorian"),
                let moment = time.moment(Double(ofYear - 1)), moment.year == Int64(year)
            else { throw mismatch(text) }
            (month, day) = (Int(moment.month), Int(moment.day))
        }
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        guard hasTime else { return date }
        return date + " " + ["H", "M", "S"].map { Self.padded(parts[$0] ?? 0, 2) }.joined(separator: ":")
    }

    private static let widths: [Character: Int] = ["Y": 4, "m": 2, "d": 2, "j": 3, "H": 2, "M": 2, "S": 2]

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    private func mismatch(_ text: String) -> KerchunkError {
        KerchunkError(.input, "\"\(text)\" is not a date of the form \"\(form)\"")
    }
}
