// SPDX-License-Identifier: Apache-2.0
// What is to be told of many inputs: each sentence once, with how often it was the same.

import Kerchunk
import Synchronization

/// Notes, warnings and errors, in the order of the inputs, shown when the work is done.
// A class because all worker threads add to it.
final class Complaints: Sendable {
    private struct Entry {
        /// `warning: reason; remedy`, and the place in a second line.
        var text: String
        /// The number of the first input that it is about, and its place among what is said of that input.
        var order: (input: Int, place: Int)
        var places = 0
        var inputs = 0
        var lastInput: Int?
    }

    /// How much it matters.
    enum Severity: String { case note, warning, error }

    private struct Key: Hashable {
        let severity: Severity
        let text: String
    }

    private let state = Mutex<[Key: Entry]>([:])
    /// Sentences that are told of each kind; the rest is counted.
    private static let limit = 100

    /// Notes what was left out of an input.
    func add(_ issues: [Issue], of input: String, number: Int = 0) {
        state.withLock { entries in
            for (place, issue) in issues.enumerated() {
                // Remedies name the variable: what is the same but for that is the same.
                let name = issue.object.split(separator: "/").last.map(String.init) ?? issue.object
                let remedy = issue.remedy.map { name.isEmpty ? $0 : $0.replacing(name, with: "…") }
                let key = Key(severity: .warning, text: issue.reason + "\n" + (remedy ?? ""))
                Self.add(key, issue.text(file: input), (number, place), to: &entries)
            }
        }
    }

    /// Notes what is good to know of an input.
    func add(_ notes: [Note], of input: String, number: Int = 0) {
        state.withLock { entries in
            for (place, note) in notes.enumerated() {
                let key = Key(severity: .note, text: note.text + "\n" + (note.remedy ?? ""))
                Self.add(key, note.text(file: input), (number, place), to: &entries)
            }
        }
    }

    /// Notes why an input could not be used.
    func add(_ error: KerchunkError, severity: String, number: Int = 0) {
        state.withLock { entries in
            let key = Key(severity: .error, text: error.message)
            Self.add(key, error.text(severity: severity), (number, 0), to: &entries)
        }
    }

    private static func add(
        _ key: Key, _ text: String, _ order: (input: Int, place: Int), to entries: inout [Key: Entry]
    ) {
        var entry = entries[key] ?? Entry(text: text, order: order)
        if order < entry.order { (entry.text, entry.order) = (text, order) }
        entry.places += 1
        if entry.lastInput != order.input { entry.inputs += 1 }
        entry.lastInput = order.input
        entries[key] = entry
    }

    /// Shows all that was noted and matters as much.
    func show(_ severity: Severity) {
        let entries = state.withLock { entries in
            entries.filter { $0.key.severity == severity }.values.sorted { $0.order < $1.order }
        }
        for entry in entries.prefix(Self.limit) { Console.writeError(Self.text(entry)) }
        if entries.count > Self.limit {
            Console.writeError(
                "\(severity.rawValue): and \(grouped(entries.count - Self.limit)) other messages; --json lists all"
            )
        }
    }

    private static func text(_ entry: Entry) -> String {
        let (inputs, places) = (entry.inputs - 1, entry.places - 1)
        if places == 0 { return entry.text }
        if inputs == 0 { return entry.text + ", and the same at \(counted(places, "more place")) in it" }
        if places == inputs { return entry.text + ", and the same in \(counted(inputs, "more file"))" }
        return entry.text
            + ", and the same at \(counted(places, "more place")), in \(counted(inputs, "more file"))"
    }
}
