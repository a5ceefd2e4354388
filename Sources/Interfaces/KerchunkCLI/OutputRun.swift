// SPDX-License-Identifier: Apache-2.0
// One run of a command that writes a reference set: what it tells, in which order, and how it ends.

import ArgumentParser
import Kerchunk

/// Where a run writes, and how it tells of it.
struct RunManner {
    let place: String
    /// What is written of what is opened.
    var saving = SavingOptions()
    var isStrict = false
    let isQuiet: Bool
    let isJSON: Bool
    let storage: StorageArguments
}

/// Gathers what is to be told, for people (warnings, then one line or the error) or for programs (one document).
// A class because the steps of a command add to it.
final class OutputRun {
    let manner: RunManner
    var summary = Summary()
    /// Inputs that were left out, and why.
    var leftOut: [(name: String, error: KerchunkError)] = []
    /// Inputs that were used.
    var inputCount = 0
    /// Further members of the report: decisions, differences.
    var members: JSONObject = [:]
    /// Says what is seen only when all is written: each is a warning.
    var lateWarnings: () -> [String] = { [] }
    private var warnings: [String] = []
    private var notes: [String] = []
    private var issues: [(input: String, issues: [Issue])] = []
    private let complaints = Complaints()
    /// Whether inputs may name files of this machine in any case, as nothing behind references is read; what they name is
    /// told when the output is written, since its readers will follow that.
    private let trusts: Bool

    init(_ output: ReferenceOutput, trusts: Bool = false) {
        manner = RunManner(
            place: output.output, saving: output.options, isStrict: output.writing.strict,
            isQuiet: output.run.quiet,
            isJSON: output.run.json, storage: output.storage)
        self.trusts = trusts
    }

    init(_ manner: RunManner) {
        self.manner = manner
        trusts = false
    }

    /// Opens the reference set `input`; what of it cannot be used is told, and fails under `--strict`.
    /// - Parameter shared: what sets share that are opened together.
    func open(_ input: String, sharing shared: SharedReading? = nil) throws -> VirtualDataset {
        var session = try manner.storage.session()
        if trusts { session.files.trust.allowsLocal = true }
        let opened = try Kerchunk.openReferences(input, sharing: shared, session: session)
        let changed: (dataset: VirtualDataset, issues: [Issue])
        do {
            changed = try Kerchunk.represent(opened.dataset, as: manner.saving)
        } catch {
            throw error.locating(url: input)
        }
        try report(opened.issues + changed.issues, of: input)
        return changed.dataset
    }

    /// Notes `issues`; under `--strict` they end the command.
    func report(_ found: [Issue], of input: String) throws {
        guard !found.isEmpty else { return }
        complaints.add(found, of: input, number: issues.count)
        issues.append((input, found))
        guard manner.isStrict else { return }
        let count = issues.reduce(0) { $0 + $1.issues.count }
        throw KerchunkError(
            .issues, "\(counted(count, "issue")), which --strict does not allow; nothing was written")
    }

    /// Notes what a set from elsewhere names of this machine: readers of the output will follow that.
    func warnOfLocalNames(in dataset: VirtualDataset, from inputs: [String]) throws {
        guard trusts else { return }
        for input in inputs {
            do {
                try manner.storage.files().trust.check(dataset, from: input)
            } catch let error as KerchunkError {
                warnings.append(
                    "\(error.message) (nothing was read, but the new set also names it)\n  in \(withoutControls(shownURL(input)))"
                )
            }
        }
    }

    /// Notes what readers of the output should know.
    func report(_ notes: [Note]) {
        complaints.add(notes, of: manner.place)
        members["notes"] = .array(notes.map(\.json))
    }

    /// Something that was decided.
    func note(_ text: String) { notes.append(text) }

    /// Does `work`, which gives the references that it wrote and the variables, and tells what came of it.
    func execute(_ work: () throws -> (references: UInt64, variables: Int)) throws {
        Platform.watchInterrupts()
        do {
            (summary.references, summary.variables) = try work()
            warnings += lateWarnings()
        } catch {
            if error is ExitCode { throw error }
            if !manner.isJSON, !manner.isQuiet || manner.isStrict { showWarnings() }
            guard manner.isJSON, let error = error as? KerchunkError else { throw error }
            try tell(document(error))
            throw ExitStatus(error.kind).error
        }
        if manner.isJSON { return try tell(document(nil)) }
        if !manner.isQuiet { showWarnings() }
        manner.storage.showStatistics()
        if !manner.isQuiet, manner.place != "-" {
            if !leftOut.isEmpty { summary.asides.append("\(grouped(leftOut.count)) left out") }
            Console.writeError(summary.line(output: manner.place))
        }
        if !leftOut.isEmpty {
            Console.writeError(leftOutText(leftOut, of: leftOut.count + inputCount))
        }
    }

    private func showWarnings() {
        for note in notes { Console.writeError("note: \(note)") }
        complaints.show(.note)
        complaints.show(.warning)
        for warning in warnings { Console.writeError("warning: \(warning)") }
    }

    private func tell(_ document: JSONValue) throws {
        try Console.write(document, to: manner.place == "-" ? 2 : 1)
    }

    /// Spec: docs/command-line.md, "Reports of what was written".
    private func document(_ error: KerchunkError?) -> JSONValue {
        var object: JSONObject = [
            "output": error == nil ? .string(shownURL(manner.place)) : .null,
            "variables": .integer(summary.variables), "references": .integer(summary.references),
            "issues": .array(
                issues.flatMap { input, issues in
                    issues.map { $0.json.adding("input", .string(shownURL(input))) }
                }),
            "warnings": .strings(warnings.map(withoutSecrets)),
            "left_out": leftOutJSON(leftOut),
        ]
        for (name, value) in members { object[name] = value }
        object["error"] = error?.json ?? .null
        object["stats"] = StorageArguments.traffic.counts.json
        return .object(object)
    }
}

extension ReferenceOutput {
    /// Writes what `work` makes of `inputs`, and tells what came of it.
    /// - Parameter trusts: whether nothing behind references is read, so that any name may stand in them.
    func write(
        reading inputs: [String], trusts: Bool = false, _ work: (OutputRun) throws -> VirtualDataset
    ) throws {
        let run = OutputRun(self, trusts: trusts)
        run.summary.deed = counted(inputs.count, "reference set") + " read"
        try run.execute {
            do {
                try checkWritable(reading: inputs)
            } catch let error as KerchunkError where error.kind == .usage {
                // No output can be at this place, whatever the names are.
                throw error
            } catch {
                // A misspelt name is told first: with it there would be no output.
                do { _ = try work(run) } catch let error as KerchunkError where error.kind == .usage {
                    throw error
                }
                throw error
            }
            let (dataset, issues) = form.fitting(try work(run))
            try run.report(issues, of: output)
            let references = try save(dataset)
            try run.warnOfLocalNames(in: dataset, from: inputs)
            return (references, dataset.variableCount)
        }
    }
}

extension VirtualDataset {
    var variableCount: Int {
        var count = 0
        root.forEachArray { _, _ in count += 1 }
        return count
    }
}
