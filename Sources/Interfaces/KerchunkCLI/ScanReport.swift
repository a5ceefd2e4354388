// SPDX-License-Identifier: Apache-2.0
// What came of each input, as text for people and as JSON for programs.

import Kerchunk
import Synchronization

/// What came of one input.
struct ScanOutcome: Sendable {
    let input: String
    /// Nil where nothing was written.
    var output: String?
    var references: UInt64 = 0
    /// The variables found.
    var names: [String] = []
    /// Names of variables to include that it does not have.
    var unmatchedNames: [String] = []
    /// Whether the output of an earlier scan stays, as the input is what it was.
    var isSkipped = false
    var issues: [Issue] = []
    var notes: [Note] = []
    var error: KerchunkError?
    var traffic = Traffic.Counts()

    /// Spec: docs/command-line.md, "The report".
    var json: JSONValue {
        [
            "input": .string(shownURL(input)),
            "output": output.map { .string(shownURL($0)) } ?? .null,
            "references": .integer(references),
            "arrays": .integer(names.count),
            "skipped": .bool(isSkipped),
            "issues": .array(issues.map(\.json)),
            "notes": .array(notes.map(\.json)),
            "error": error?.json ?? .null,
            "requests": .integer(traffic.requests),
            "bytes": .integer(traffic.bytes),
        ]
    }
}

/// The report for programs, written entry by entry in the order of the inputs.
// A class because all worker threads add to it.
final class JSONReport: Sendable {
    /// 1 or 2.
    private let descriptor: Int32
    private let state = Mutex(State())

    private struct State {
        var next = 0
        /// Entries whose predecessors are not there yet.
        var waiting: [Int: String] = [:]
    }

    init(descriptor: Int32) throws(KerchunkError) {
        self.descriptor = descriptor
        try Platform.write("{\"files\":[", to: descriptor)
    }

    /// A report that nobody reads any more does not stop the work.
    func add(_ outcome: ScanOutcome, at index: Int) {
        let text = terminalJSON(outcome.json.serialized())
        state.withLock { state in
            state.waiting[index] = text
            while let ready = state.waiting.removeValue(forKey: state.next) {
                try? Platform.write((state.next == 0 ? "\n" : ",\n") + ready, to: descriptor)
                state.next += 1
            }
        }
    }

    /// - Parameter traffic: of all inputs.
    func end(_ traffic: Traffic.Counts, summary: JSONValue) throws(KerchunkError) {
        try Platform.write(
            "\n],\"stats\":" + traffic.json.serialized() + ",\"summary\":" + summary.serialized() + "}\n",
            to: descriptor)
    }
}
