// SPDX-License-Identifier: Apache-2.0
// All that stands against a combination, told at once.

import KerchunkBytes
import KerchunkModel

/// Collects incompatibilities; the same one of many inputs is told once.
public struct CombineProblems: Sendable {
    public struct Problem: Sendable {
        /// The variable or dimension: `/a/tas`, `dimension time`.
        public let object: String
        public let text: String
        /// What can be told not to be looked at.
        public let check: CombineRequest.Check?
        public let remedy: String?
        /// What not looking at it does to values.
        public let consequence: String?
        /// Whether several inputs have the same coordinate values, which is all that is wrong.
        public let isDuplicate: Bool
        /// Further inputs of which the same is true.
        public fileprivate(set) var more = 0
    }

    public private(set) var all: [Problem] = []
    private var known: [ExactText: Int] = [:]
    private static let shownLimit = 50

    var isEmpty: Bool { all.isEmpty }

    /// - Parameter kind: problems of one object and kind are told once, and counted.
    mutating func add(
        variable path: String, _ text: String, kind: String? = nil, check: CombineRequest.Check? = nil,
        remedy: String? = nil, consequence: String? = nil, isDuplicate: Bool = false
    ) {
        add(
            Problem(
                object: "\"/\(path)\"", text: text, check: check, remedy: remedy, consequence: consequence,
                isDuplicate: isDuplicate),
            kind: kind)
    }

    mutating func add(
        _ dimension: String, _ text: String, kind: String? = nil, check: CombineRequest.Check? = nil,
        remedy: String?, consequence: String? = nil
    ) {
        add(
            Problem(
                object: "dimension \"\(dimension)\"", text: text, check: check, remedy: remedy,
                consequence: consequence, isDuplicate: false),
            kind: kind)
    }

    private mutating func add(_ problem: Problem, kind: String?) {
        if let kind {
            let key = problem.object + "\0" + kind
            if let place = known[key] {
                all[place].more += 1
                return
            }
            known[key] = all.count
        }
        all.append(problem)
    }

    /// One error with all problems; nil where there are none.
    var error: KerchunkError? {
        guard !all.isEmpty else { return nil }
        var lines = all.prefix(Self.shownLimit).map(\.line)
        if all.count > Self.shownLimit {
            lines.append("and \(counted(all.count - Self.shownLimit, "more problem"))")
        }
        return KerchunkError(
            all.allSatisfy(\.isDuplicate) ? .duplicate : .unsupported,
            all.count == 1
                ? "cannot combine: " + lines[0]
                : "cannot combine, for \(all.count) reasons:\n  " + lines.joined(separator: "\n  "))
    }
}

extension CombineProblems.Problem {
    /// The problem in one line.
    public var line: String {
        var line = "\(object): \(text)"
        if more > 0 { line += " (and the same of \(counted(more, "more input")))" }
        var ways: [String] = []
        if let remedy { ways.append(remedy) }
        if let check {
            let but = consequence.map { ", but \($0)" } ?? ""
            ways.append("--override \(check.rawValue) combines anyway\(but)")
        }
        return ways.isEmpty ? line : line + "; " + ways.joined(separator: ", or ")
    }
}
