// SPDX-License-Identifier: Apache-2.0
// How far many files are, as one line on a terminal.

import Kerchunk
import Synchronization

/// A bar with rate and remaining time; silent unless standard error is a terminal.
// A class because all worker threads report to it.
final class Progress: Sendable {
    private let isShown: Bool
    private let start = Platform.monotonicTime
    private let state: Mutex<State>
    private static let interval: UInt64 = 100_000_000  // nanoseconds between two drawings
    private static let width = 30

    private struct State {
        var done = 0
        var total: Int
        var references: UInt64 = 0
        var failed = 0
        var lastDrawn: UInt64 = 0
    }

    private let unit: String

    init(total: Int, of unit: String = "files", isQuiet: Bool) {
        self.unit = unit
        isShown = !isQuiet && Platform.isTerminal(2)
        let state = State(total: total)
        self.state = Mutex(state)
        if isShown, total > 0 { Console.showProgress(Self.line(state, unit, elapsed: 0)) }
    }

    /// One more file is done, with so many references, or failed.
    func advance(references: UInt64 = 0, failed: Bool = false) {
        guard isShown else { return }
        state.withLock { state in
            state.done += 1
            if failed { state.failed += 1 }
            state.references += references
            draw(&state)
        }
    }

    /// So many of `total` are done; the latest call need not come last.
    func reach(_ done: UInt64, of total: UInt64) {
        guard isShown else { return }
        state.withLock { state in
            state.total = Int(clamping: total)
            guard done > UInt64(state.done) else { return }
            state.done = Int(clamping: done)
            draw(&state)
        }
    }

    private func draw(_ state: inout State) {
        let now = Platform.monotonicTime
        guard now - state.lastDrawn >= Self.interval || state.done == state.total else { return }
        state.lastDrawn = now
        Console.showProgress(Self.line(state, unit, elapsed: now - start))
    }

    /// Takes the bar away.
    func end() {
        if isShown { Console.showProgress("") }
    }

    private static func line(_ state: State, _ unit: String, elapsed: UInt64) -> String {
        let total = state.total
        let filled = total == 0 ? width : Int(Double(width) * Double(state.done) / Double(total))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        var line = "[\(bar)] \(state.done)/\(total) \(unit)"
        if state.failed > 0 { line += " (\(state.failed) failed)" }
        let seconds = Double(elapsed) / 1e9
        if state.done > 0, seconds > 0.2 {
            let rate = Double(state.done) / seconds
            line += ", \(shortNumber(rate)) \(unit)/s"
            if state.references > 0 {
                line += ", \(shortNumber(Double(state.references) / seconds)) references/s"
            }
            if state.done < total { line += ", \(duration(Double(total - state.done) / rate)) left" }
        }
        return line
    }

    /// Three digits and a unit: `0.45`, `12`, `3.4k`, `1.2M`.
    private static func shortNumber(_ value: Double) -> String {
        if value >= 1e6 { return decimal(value / 1e6) + "M" }
        if value >= 1e3 { return decimal(value / 1e3) + "k" }
        return value >= 10 ? "\(Int(value.rounded()))" : decimal(value)
    }

    private static func decimal(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(.up), 1e9))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
