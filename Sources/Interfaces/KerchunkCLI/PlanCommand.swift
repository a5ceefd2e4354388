// SPDX-License-Identifier: Apache-2.0
// `kerchunk plan` and `kerchunk execute`: a combination in several steps, for many processes.

import ArgumentParser
import Kerchunk

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Plans a combination and saves the plan, for \"kerchunk execute\".",
        discussion: """
            The plan says which chunk of which input goes where. Any number of processes can execute parts of it.

            Examples:
              kerchunk plan 'refs/*.json' -o plan.json
              kerchunk execute plan.json -o all.parq
            """)

    @Argument(help: ArgumentHelp("JSON or Parquet reference sets, or patterns.", valueName: "refs"))
    var inputs: [String] = []

    @Option(
        help: ArgumentHelp(
            "Read more inputs from this file, one a line; - is standard input.", valueName: "list"))
    var filesFrom: String?

    @OptionGroup(title: "Joining") var combining: CombineOptions

    @Option(help: ArgumentHelp("Embed chunks of fewer stored bytes; 0 embeds none.", valueName: "bytes"))
    var inlineThreshold = ByteCount(500)

    @Option(help: ArgumentHelp("Chunks of one Parquet file of the output.", valueName: "n"))
    var recordSize: UInt64 = 100_000

    @Option(help: "Zarr version of the output: 2, or 3 for JSON.")
    var zarrFormat = 2

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The plan to write; - is standard output.", valueName: "plan")
    )
    var output: String

    @Flag(help: "Replace a plan that exists.")
    var overwrite = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Inputs at once; as many as cores by default.", valueName: "n"))
    var jobs: Int?

    @Flag(name: .shortAndLong, help: "No progress bar and no notes.")
    var quiet = false

    @OptionGroup(title: "Stores") var storage: StorageArguments

    func validate() throws {
        if inputs.isEmpty && filesFrom == nil { throw ValidationError("no input is given") }
        guard zarrFormat == 2 || zarrFormat == 3 else {
            throw ValidationError("--zarr-format is 2 or 3, not \(zarrFormat)")
        }
        if recordSize < 1 { throw ValidationError("--record-size is at least 1") }
        if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1, not \(jobs)") }
    }

    func run() throws {
        Platform.watchInterrupts()
        let names = try InputList(inputs, listedIn: filesFrom).names.map { name in
            if case .local(let path) = Location(name) { absolutePath(path) } else { name }
        }
        let request = try combining.request()
        var settings = CombineSettings()
        settings.zarrFormat = zarrFormat
        settings.threadCount = jobs ?? Kerchunk.width(for: names)
        settings.files = try storage.files()
        settings.cancellation = Platform.interruption
        let progress = Progress(total: names.count, of: "inputs", isQuiet: quiet)
        settings.progress = { progress.advance() }
        let combined: CombinedDataset
        do {
            defer { progress.end() }
            combined = try Kerchunk.combine(
                names.map { .references($0) }, request: request, settings: settings)
        }
        if !quiet {
            for (name, issues) in combined.inputIssues {
                for issue in issues { Console.writeError(issue.text(file: name)) }
            }
            for decision in combined.plan.decisions { Console.writeError("note: \(decision)") }
        }
        var task = CombineTask(combined, request: request)
        task.zarrFormat = zarrFormat
        task.inlineThreshold = inlineThreshold.bytes
        task.recordSize = recordSize
        let upload: any Upload =
            output == "-" ? StandardOutput() : try AtomicFile(output, overwrite: overwrite)
        let text = JSONValue.object(try task.json()).serialized() + "\n"
        try upload.write(Bytes(text).span)
        try upload.commit()
        combined.finish()
        if !quiet, zarrFormat == 2 {
            Console.writeError("note: \(try task.partitionCount()) partitions")
        }
        storage.showStatistics()
    }
}

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
        if partitions != nil || finish, ReferenceFormat(path: output) != .parquet {
            throw ValidationError("only Parquet sets have partitions; name the output .parq")
        }
        if partitions != nil, finish {
            throw ValidationError("--finish comes when all --partitions are written")
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
        let text = Bytes(try Platform.readToEnd(plan == "-" ? nil : plan))
        var task: CombineTask
        do {
            task = try CombineTask(json: try JSONScanner.parse(text).object ?? [:])
        } catch {
            throw KerchunkError(wrapping: error).locating(url: plan)
        }
        task.files = try storage.files()
        if count {
            try Platform.write("\(try task.partitionCount())\n", to: 1)
            return
        }
        guard let output else { return }
        var options = SavingOptions()
        options.parquet.fillMissing = fillMissing
        options.parquet.threadCount = jobs ?? Platform.coreCount
        let cancellation = Platform.interruption
        if partitions != nil {
            options.parquet.keepsPartial = true
            _ = try task.write(try range(), to: output, options: options.parquet, cancellation: cancellation)
        } else if finish {
            _ = try task.finish(
                output, options: options.parquet, overwrite: overwrite, cancellation: cancellation)
        } else {
            try task.save(
                to: output, options: options, memoryLimit: Int(clamping: memory.bytes), overwrite: overwrite,
                cancellation: cancellation)
        }
    }
}
