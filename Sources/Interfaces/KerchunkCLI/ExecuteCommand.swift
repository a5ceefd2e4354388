// SPDX-License-Identifier: Apache-2.0
// `kerchunk execute`: a saved plan, or some partitions of it.

import ArgumentParser
import Kerchunk

struct ExecuteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "execute",
        abstract: "Executes a saved plan, or some partitions of it.",
        discussion: """
            Partitions gather beside the output until --finish puts it in its place. Without --partitions and --finish
            all is done at once.

            Examples:
              kerchunk execute plan.json -o all.parq
              kerchunk execute plan.json --partitions 0:100 -o all.parq
              kerchunk execute plan.json --partitions 100:200 -o all.parq
              kerchunk execute plan.json --finish -o all.parq
              kerchunk execute plan.json --count
            """)

    @Argument(help: "What \"kerchunk plan\" wrote.")
    var plan: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The reference set to write: Parquet where it ends in .parq, .parquet or /, else JSON.",
            valueName: "out"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Write these partitions only, from 0: FIRST:END, without the last.", valueName: "range"))
    var partitions: String?

    @Flag(help: "All partitions are written: put the output into its place.")
    var finish = false

    @Flag(help: "Print the number of partitions, and write nothing.")
    var count = false

    @Flag(help: "Replace an output that exists.")
    var overwrite = false

    @Flag(help: "Remove a Parquet set that an object store has at this place first; not with --partitions.")
    var inPlace = false

    @Flag(help: "Embed missing chunks as fill values in Parquet, for readers that cannot read nulls.")
    var fillMissing = false

    @Option(
        help: ArgumentHelp("References that are kept in memory, in bytes.", valueName: "size"))
    var memory = ByteCount(256 << 20)

    @Option(name: .shortAndLong, help: ArgumentHelp("Threads; as many as cores by default.", valueName: "n"))
    var jobs: Int?

    @OptionGroup(title: "Stores") var storage: StorageArguments

    func validate() throws {
        if count { return }
        guard let output else { throw ValidationError("--output is needed, unless --count is given") }
        if partitions != nil || finish, BuiltinForms.directory.form(ofOutput: output).partitioned == nil {
            throw ValidationError("only Parquet sets have partitions; name the output .parq")
        }
        if partitions != nil, finish {
            throw ValidationError("--finish comes when all --partitions are written")
        }
        if inPlace, partitions != nil || finish {
            throw ValidationError("--in-place is for a plan that is executed at once")
        }
        if partitions != nil { _ = try range() }
        if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1, not \(jobs)") }
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
        let files = try storage.files()
        var options = SavingOptions()
        options.replacesInPlace = inPlace
        if let output, partitions == nil, !finish {
            try checkOutput(output, overwrite: overwrite, options: options, files: files)
        }
        let text = plan == "-" ? Bytes(try Platform.readToEnd(nil)) : try files.contents(of: plan)
        var task: CombineTask
        do {
            task = try CombineTask(json: try JSONScanner.parse(text).object ?? [:])
        } catch {
            throw KerchunkError(wrapping: error).locating(url: plan)
        }
        try files.trust.check(inputs: task.plan.inputs, from: plan)
        let remoteProtocol = task.sources.remoteProtocol
        task.files = files
        task.sources = task.files
        task.sources.remoteProtocol = remoteProtocol
        if count {
            try Platform.write("\(try task.partitionCount())\n", to: 1)
            return
        }
        guard let output else { return }
        if inPlace { try refuseOwnPlace(output, reading: task.plan.inputs) }
        options[ParquetForm.fillMissing] = fillMissing
        options.threadCount =
            jobs ?? Kerchunk.outputWidth(for: output, concurrency: storage.concurrency)
        let cancellation = Platform.interruption
        if partitions != nil {
            _ = try task.write(try range(), to: output, options: options, cancellation: cancellation)
        } else if finish {
            _ = try task.finish(
                output, options: options, overwrite: overwrite, cancellation: cancellation)
        } else {
            try task.save(
                to: output, options: options, memoryLimit: Int(clamping: memory.bytes), overwrite: overwrite,
                cancellation: cancellation)
        }
    }
}
