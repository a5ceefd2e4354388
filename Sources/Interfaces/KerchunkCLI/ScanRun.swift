// SPDX-License-Identifier: Apache-2.0
// `kerchunk scan`: its work, from planned jobs to an exit status.

import Kerchunk
import Synchronization

/// One run of the command.
struct ScanRun: Sendable {
    let plan: OutputPlan
    let options: ScanOptions
    let session: Session
    var writing = SavingOptions()
    var isStrict = false
    var onError = OnError.fail
    /// Whether outputs stay whose inputs are what they were.
    var skipsExisting = false
    var overwrites = false
    var printsReport = false
    var isQuiet = false
    var threads = 1
    var storage = StorageArguments()

    /// Failures that the list at the end names; others are counted.
    private static let summaryLimit = 20

    init(plan: OutputPlan, options: ScanOptions, session: Session) {
        self.plan = plan
        self.options = options
        self.session = session
    }

    /// - Throws: the exit status, unless all is well.
    func execute() throws {
        Platform.watchInterrupts()
        try checkPlace()
        let jobs = plan.jobs
        let report =
            printsReport ? try JSONReport(descriptor: plan.writesToStandardOutput ? 2 : 1) : nil
        let progress = Progress(total: jobs.count, isQuiet: isQuiet || jobs.count == 1)
        let tally = ScanTally()
        let complaints = Complaints()
        let summary = Summary()
        WorkerPool(width: threads).forEach(jobs.count) { index in
            let outcome = measuredOutcome(of: jobs[index])
            if let report {
                report.add(outcome, at: index)
            } else {
                if let error = outcome.error, error.kind != .cancelled {
                    complaints.add(error, severity: "error", number: index)
                }
                if !isQuiet || isStrict { complaints.add(outcome.issues, of: outcome.input, number: index) }
                if !isQuiet { complaints.add(outcome.notes, of: outcome.input, number: index) }
            }
            tally.add(outcome, number: index)
            progress.advance(references: outcome.references, failed: outcome.error != nil)
        }
        progress.end()
        let counts = tally.counts
        try report?.end(StorageArguments.traffic.counts, summary: counts.json)
        if report == nil {
            complaints.show(.note)
            complaints.show(.warning)
            storage.showStatistics()
            showSummary(summary, counts)
            if onError == .fail || counts.failed.count == jobs.count { complaints.show(.error) }
        }
        if Platform.interruption.isCancelled {
            if report == nil { Console.writeError("error: interrupted") }
            throw ExitStatus.interrupted.error
        }
        try conclude(counts, hasReport: report != nil)
    }

    private func showSummary(_ summary: Summary, _ counts: ScanTally.Counts) {
        guard !isQuiet, !plan.writesToStandardOutput, counts.scanned + counts.skipped > 0,
            !isStrict || counts.withIssues < counts.scanned
        else { return }
        var summary = summary
        summary.deed = counted(counts.scanned, "file") + " scanned"
        if counts.skipped > 0 { summary.asides.append("\(grouped(counts.skipped)) unchanged and skipped") }
        if counts.failed.count > 0, onError == .skip {
            summary.asides.append("\(grouped(counts.failed.count)) left out")
        }
        summary.variables = counts.names.count
        summary.references = counts.references
        Console.writeError(summary.line(output: place))
    }

    /// Where outputs go, in a few words.
    private var place: String {
        if plan.jobs.count == 1 { return plan.jobs[0].output }
        return plan.directory ?? plan.jobs[0].output
    }

    /// Fails before any work where outputs can go nowhere.
    private func checkPlace() throws {
        guard let output = plan.jobs.first?.output, Location.isRemote(output) else { return }
        // Whether each output exists is asked when its turn comes.
        var options = writing
        options.replacesInPlace = plan.jobs.count > 1 || options.replacesInPlace
        try checkOutput(
            output, as: plan.form, overwrite: overwrites || skipsExisting || plan.jobs.count > 1,
            options: options, session)
    }

    /// What came of one file, and what that took.
    private func measuredOutcome(of job: OutputPlan.Job) -> ScanOutcome {
        var session = session
        session.traffic = Traffic(addingTo: session.traffic)
        var outcome = outcome(of: job, session)
        outcome.traffic = session.traffic.counts
        return outcome
    }

    /// Scans one file and writes its references.
    private func outcome(of job: OutputPlan.Job, _ session: Session) -> ScanOutcome {
        var outcome = ScanOutcome(input: job.input)
        do throws(KerchunkError) {
            try session.cancellation.check()
            var overwrites = overwrites
            if skipsExisting, job.output != "-" {
                switch try Kerchunk.knownOutput(
                    job.output, of: job.input, session: session)
                {
                case .current:
                    outcome.isSkipped = true
                    outcome.output = job.output
                    return outcome
                case .outdated: overwrites = true
                case .absent, .other: break
                }
            }
            if job.output != "-" {
                try Kerchunk.checkOutput(
                    job.output, as: plan.form, overwrite: overwrites, options: writing,
                    session: session)
            }
            var result = try Kerchunk.scan(job.input, options: options, session: session)
            let said = try Kerchunk.represent(
                result.dataset, as: writing, in: plan.form, leavesOut: true, session: session)
            let fitting = plan.form.fitting(said.dataset)
            result.dataset = fitting.dataset
            result.issues += said.issues + fitting.issues
            outcome.issues = result.issues
            outcome.notes = result.notes
            outcome.unmatchedNames = result.unmatchedNames
            result.dataset.root.forEachArray { path, _ in outcome.names.append(path) }
            if isStrict && !result.issues.isEmpty { return outcome }
            if job.output == "-" {
                outcome.references = try Kerchunk.write(
                    result.dataset, to: StandardOutput(), named: "standard output", options: writing,
                    session: session)
            } else {
                outcome.references = try Kerchunk.save(
                    result.dataset, to: job.output, as: plan.form, options: writing, issues: result.issues,
                    overwrite: overwrites, session: session)
            }
            outcome.output = job.output
        } catch {
            // Another run may have been faster.
            outcome.isSkipped = skipsExisting && error.kind == .output && isCurrent(job, session)
            if outcome.isSkipped { outcome.output = job.output } else { outcome.error = error }
        }
        return outcome
    }

    private func isCurrent(_ job: OutputPlan.Job, _ session: Session) -> Bool {
        (try? Kerchunk.knownOutput(job.output, of: job.input, session: session)) == .current
    }

    /// Tells what failed, and ends with the status for it.
    private func conclude(_ counts: ScanTally.Counts, hasReport: Bool) throws {
        let failed = counts.failed
        if failed.count > 0 {
            let inputs = failed.sorted { $0.number < $1.number }.map {
                (name: plan.jobs[$0.number].input, error: $0.error)
            }
            if onError == .skip, failed.count < plan.jobs.count {
                if !hasReport { Console.writeError(leftOutText(inputs, of: plan.jobs.count)) }
            } else {
                if !hasReport, plan.jobs.count > 1 { Console.writeError(failureText(inputs)) }
                throw ExitStatus.inputsFailed.error
            }
        }
        try checkNames(counts)
        if isStrict, counts.withIssues > 0 {
            if !hasReport {
                Console.writeError(
                    "error: \(counts.withIssues) of \(counted(plan.jobs.count, "input")) \(counts.withIssues == 1 ? "has" : "have") issues, which --strict does not allow; "
                        + "nothing was written for them")
            }
            throw ExitStatus.issues.error
        }
    }

    /// Names the inputs that failed; why was told before.
    private func failureText(_ inputs: [(name: String, error: KerchunkError)]) -> String {
        var text = "error: \(grouped(inputs.count)) of \(counted(plan.jobs.count, "input")) failed:"
        for input in inputs.prefix(Self.summaryLimit) {
            text += "\n  " + withoutControls(shownURL(input.name))
        }
        let more = inputs.count - Self.summaryLimit
        return more > 0 ? text + "\n  and \(grouped(more)) more" : text
    }

    /// Files of a series need not all have the same variables, but a name that none of them has is a mistake.
    private func checkNames(_ counts: ScanTally.Counts) throws {
        guard options.allowsUnmatchedNames, let name = counts.unmatchedNames?.min(),
            let job = plan.jobs.first
        else { return }
        var options = options
        options.included = [name]
        options.allowsUnmatchedNames = false
        // Says what the first file has instead.
        _ = try Kerchunk.scan(job.input, options: options, session: session)
    }
}
