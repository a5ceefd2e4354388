// SPDX-License-Identifier: Apache-2.0
// `kerchunk execute`: a saved plan, or some partitions of it.

import ArgumentParser
import Kerchunk

struct ExecuteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "execute",
        abstract: "Executes a saved plan, or some partitions of it.",
        discussion: """
            Partitions are collected beside the output until --finish moves them to their place. Without \
            --partitions and --finish the whole plan is executed.

            Examples:
              kerchunk execute plan.json -o all.parq
              kerchunk execute plan.json --partitions 0:100 -o all.parq
              kerchunk execute plan.json --partitions 100:200 -o all.parq
              kerchunk execute plan.json --finish -o all.parq
              kerchunk execute plan.json --count
            """)

    @Argument(help: "The plan that \"kerchunk plan\" wrote.")
    var plan: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The reference set to write: Parquet if it ends in .parq, .parquet or /, otherwise JSON.",
            valueName: "out"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Write only these partitions, counted from 0: FIRST:END, END excluded.", valueName: "range"))
    var partitions: String?

    @Flag(help: "Move the output to its place, when all partitions are written.")
    var finish = false

    @Flag(help: "Print the number of partitions and write nothing.")
    var count = false

    @OptionGroup var replacing: ReplacingArguments

    @OptionGroup var memory: MemoryArgument

    @OptionGroup var manner: RunArguments

    @OptionGroup(title: "Stores") var storage: StorageArguments

    func validate() throws {
        if count { return }
        guard let output else { throw ValidationError("--output is required, unless --count is given") }
        if partitions != nil || finish, Session().forms.form(ofOutput: output).partitioned == nil {
            throw ValidationError("only Parquet sets have partitions; name the output .parq")
        }
        if partitions != nil, finish {
            throw ValidationError("--finish must come after all --partitions are written")
        }
        if replacing.inPlace, partitions != nil || finish {
            throw ValidationError("--in-place is only for a plan that is executed as a whole")
        }
        if partitions != nil { _ = try range() }
    }

    private func range() throws -> Range<UInt64> {
        let numbers = (partitions ?? "").split(separator: ":", omittingEmptySubsequences: false).map {
            UInt64($0)
        }
        guard numbers.count == 2, let first = numbers[0], let end = numbers[1], first <= end else {
            throw ValidationError("--partitions takes FIRST:END, not \"\(partitions ?? "")\"")
        }
        return first..<end
    }

    func run() throws {
        Platform.watchInterrupts()
        let session = try storage.session()
        if count {
            return try Platform.write("\(try task(session).partitionCount(session: session))\n", to: 1)
        }
        guard let output else { return }
        let run = OutputRun(
            RunManner(place: output, isQuiet: manner.quiet, isJSON: manner.json, storage: storage))
        try run.execute { try write(output, session, run) }
    }

    private func task(_ session: Session) throws -> CombineTask {
        let text = plan == "-" ? Bytes(try Platform.readToEnd(nil)) : try session.contents(of: plan)
        let task: CombineTask
        do {
            task = try CombineTask(json: try JSONScanner.parse(text).object ?? [:])
        } catch {
            throw KerchunkError(wrapping: error).locating(url: plan)
        }
        try session.files.trust.check(inputs: task.plan.inputs, from: plan)
        return task
    }

    /// Writes what was asked for, and gives the references that were written and the variables of the plan.
    private func write(
        _ output: String, _ session: Session, _ run: OutputRun
    ) throws -> (references: UInt64, variables: Int) {
        let overwrite = manner.overwrite
        var options = SavingOptions()
        options.replacesInPlace = replacing.inPlace
        if partitions == nil, !finish {
            try checkOutput(output, overwrite: overwrite, options: options, session)
        }
        let task = try task(session)
        if replacing.inPlace { try refuseOwnPlace(output, reading: task.plan.inputs) }
        options[ParquetForm.fillMissing] = replacing.fillMissing
        options.threadCount =
            manner.jobs ?? Kerchunk.outputWidth(for: output, concurrency: storage.concurrency)
        let references: UInt64
        if partitions != nil {
            let range = try range()
            references = try task.write(range, to: output, options: options, session: session)
            run.summary.deed = counted(range.upperBound - range.lowerBound, "partition") + " written"
        } else if finish {
            references = try task.finish(
                output, options: options, overwrite: overwrite, session: session)
            run.summary.deed = "partitions put together"
        } else {
            references = try task.save(
                to: output, options: options, memoryLimit: memory.bytes, overwrite: overwrite,
                session: session)
            run.summary.deed = counted(task.plan.inputs.count, "input") + " joined"
        }
        run.inputCount = task.plan.inputs.count
        run.members["inputs"] = .integer(run.inputCount)
        run.members["decisions"] = .strings(task.plan.decisions)
        return (references, task.plan.arrays.count)
    }
}
