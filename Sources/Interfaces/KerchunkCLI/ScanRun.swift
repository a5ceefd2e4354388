// SPDX-License-Identifier: Apache-2.0
// `kerchunk scan`: its work, from planned jobs to an exit status.

import Kerchunk
import Synchronization

/// One run of the command.
struct ScanRun: Sendable {
    let plan: OutputPlan
    let options: ScanOptions
    var writing = SavingOptions()
    var isStrict = false
    var overwrites = false
    var printsReport = false
    var isQuiet = false
    var threads = 1
    var storage = StorageArguments()

    /// Failures that the summary names; the others were shown when they happened.
    private static let summaryLimit = 20

    init(plan: OutputPlan, options: ScanOptions) {
        self.plan = plan
        self.options = options
    }

    /// - Throws: the exit status, unless all is well.
    func execute() throws {
        Platform.watchInterrupts()
        try checkPlace()
        let environment = ScanEnvironment(
            cancellation: Platform.interruption, files: try storage.files())
        let jobs = plan.jobs
        let report =
            printsReport ? try JSONReport(descriptor: plan.writesToStandardOutput ? 2 : 1) : nil
        let progress = Progress(total: jobs.count, isQuiet: isQuiet || jobs.count == 1)
        let tally = Tally()
        WorkerPool(width: threads).forEach(jobs.count) { index in
            let outcome = measuredOutcome(of: jobs[index], environment)
            let isInterrupted = outcome.error?.kind == .cancelled
            if let report {
                report.add(outcome, at: index)
            } else if !isInterrupted {
                describe(outcome)
            }
            tally.add(outcome)
            progress.advance(references: outcome.references)
        }
        progress.end()
        try report?.end(StorageArguments.traffic.counts)
        if report == nil { storage.showStatistics() }
        if Platform.interruption.isCancelled {
            if report == nil { Console.writeError("error: interrupted") }
            throw ExitStatus.interrupted.error
        }
        try conclude(tally.counts, hasReport: report != nil)
    }

    /// Fails before any work where outputs can go nowhere.
    private func checkPlace() throws {
        guard let output = plan.jobs.first?.output, Location.isRemote(output) else { return }
        // Whether each output exists is asked when its turn comes.
        var options = writing
        options.parquet.replacesInPlace = plan.jobs.count > 1 || options.parquet.replacesInPlace
        try checkOutput(
            output, overwrite: overwrites || plan.jobs.count > 1, options: options, files: try storage.files()
        )
    }

    /// What came of one file, and what that took.
    private func measuredOutcome(of job: OutputPlan.Job, _ environment: ScanEnvironment) -> ScanOutcome {
        var environment = environment
        let traffic = Traffic(addingTo: StorageArguments.traffic)
        environment.files.access.traffic = traffic
        var outcome = outcome(of: job, environment)
        outcome.traffic = traffic.counts
        return outcome
    }

    /// Scans one file and writes its references.
    private func outcome(of job: OutputPlan.Job, _ environment: ScanEnvironment) -> ScanOutcome {
        var outcome = ScanOutcome(input: job.input)
        do throws(KerchunkError) {
            try environment.cancellation.check()
            if job.output != "-" {
                try Kerchunk.checkOutput(
                    job.output, overwrite: overwrites, options: writing, files: environment.files)
            }
            var result = try Kerchunk.scan(job.input, options: options, environment: environment)
            let isParquet = job.output != "-" && OutputPlan.namesParquet(job.output)
            let fitting = Kerchunk.fit(result.dataset, into: isParquet ? .parquet : .json)
            result.dataset = fitting.dataset
            result.issues += fitting.issues
            outcome.issues = result.issues
            result.dataset.root.forEachArray { _, _ in outcome.arrays += 1 }
            if isStrict && !result.issues.isEmpty { return outcome }
            if job.output == "-" {
                outcome.references = try Kerchunk.write(
                    result.dataset, asJSONTo: StandardOutput(), named: "standard output",
                    options: writing.json,
                    cancellation: environment.cancellation)
            } else {
                if case .local(let path) = Location(job.output), let slash = path.lastIndex(of: "/") {
                    let folder = String(path[..<slash])
                    if !folder.isEmpty, !Platform.exists(folder) { try Platform.makeDirectory(folder) }
                }
                if isParquet {
                    outcome.references = try Kerchunk.save(
                        result.dataset, asParquet: job.output, options: writing.parquet,
                        overwrite: overwrites, cancellation: environment.cancellation,
                        files: environment.files)
                } else {
                    outcome.references = try Kerchunk.save(
                        result.dataset, asJSON: job.output, options: writing.json, overwrite: overwrites,
                        cancellation: environment.cancellation, files: environment.files)
                }
            }
            outcome.output = job.output
        } catch {
            outcome.error = error
        }
        return outcome
    }

    private func describe(_ outcome: ScanOutcome) {
        if let error = outcome.error { Console.writeError(error.text(severity: "error")) }
        guard !isQuiet || isStrict else { return }
        for issue in outcome.issues { Console.writeError(issue.text(file: outcome.input)) }
    }

    private func conclude(_ counts: Tally.Counts, hasReport: Bool) throws {
        if counts.failed > 0 {
            if !hasReport, plan.jobs.count > 1 {
                var text = "error: \(counts.failed) of \(plan.jobs.count) inputs failed:"
                for input in counts.failedInputs { text += "\n  \(input)" }
                let more = counts.failed - counts.failedInputs.count
                if more > 0 { text += "\n  and \(more) more" }
                Console.writeError(text)
            }
            throw ExitStatus.inputsFailed.error
        }
        if isStrict, counts.withIssues > 0 {
            if !hasReport {
                Console.writeError(
                    "error: \(counts.withIssues) of \(plan.jobs.count) inputs have issues, which --strict does not allow; "
                        + "nothing was written for them")
            }
            throw ExitStatus.issues.error
        }
    }

    /// Counts over all files.
    // A class because all worker threads add to it.
    private final class Tally: Sendable {
        struct Counts {
            var failed = 0
            var failedInputs: [String] = []
            var withIssues = 0
        }

        private let state = Mutex(Counts())
        var counts: Counts { state.withLock { $0 } }

        func add(_ outcome: ScanOutcome) {
            state.withLock { counts in
                if outcome.error != nil {
                    counts.failed += 1
                    if counts.failedInputs.count < ScanRun.summaryLimit {
                        counts.failedInputs.append(outcome.input)
                    }
                }
                if !outcome.issues.isEmpty { counts.withIssues += 1 }
            }
        }
    }
}
