// SPDX-License-Identifier: Apache-2.0
// What "kerchunk combine" and "kerchunk build" have in common: from inputs to a written reference set.

import ArgumentParser
import Kerchunk

/// Options of the run itself.
struct CombineRunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Embed chunks of fewer stored bytes; 0 embeds none.", valueName: "bytes"))
    var inlineThreshold = ByteCount(500)

    @Option(
        help: ArgumentHelp(
            "A directory for what does not fit into memory; scanned files stay there until the output is written.",
            valueName: "directory"))
    var scratch: String?

    @Option(
        help: ArgumentHelp(
            "References that are kept in memory, in bytes; others go to the scratch directory.",
            valueName: "size"))
    var memory = ByteCount(256 << 20)

    @Flag(help: "Append the inputs to the output, which exists.")
    var append = false

    @Option(
        help: ArgumentHelp(
            "With --append: how long to wait for other runs that append to the same output.",
            valueName: "seconds"))
    var appendWait: UInt64 = 600

    @Flag(help: "Show the plan, and write nothing.")
    var dryRun = false

    @Flag(help: "With --dry-run: the plan for programs, on standard output.")
    var json = false

    func check() throws {
        if let scratch, Location.isRemote(scratch) {
            throw ValidationError("--scratch is a directory of this machine, not \(scratch)")
        }
        if json, !dryRun { throw ValidationError("--json goes with --dry-run") }
    }
}

/// From inputs to a written reference set.
struct CombineRunner {
    let request: CombineRequest
    let output: ReferenceOutput
    let running: CombineRunOptions
    var settings = CombineSettings()

    init(_ combining: CombineOptions, output: ReferenceOutput, running: CombineRunOptions) throws {
        request = try combining.request()
        settings.files = try combining.files(output.storage)
        settings.sources = try combining.sources(output.storage)
        self.output = output
        self.running = running
    }

    func execute(_ inputs: [CombineInput]) throws {
        let files = try output.storage.files()
        var lock: OutputLock?
        // Until what was read has been replaced.
        defer { withExtendedLifetime(lock) {} }
        if running.append {
            guard output.output != "-", try Kerchunk.exists(output.output, files: files) else {
                throw KerchunkError(.notFound, "there is no reference set to append to", url: output.output)
            }
            if Location.isRemote(output.output), output.format == .parquet {
                throw KerchunkError(
                    .usage,
                    "a Parquet set in an object store cannot be appended to in its own place, as readers would see a mix: "
                        + "combine it with the new inputs into another place, or append to a copy on this machine",
                    url: output.output)
            }
            if !running.dryRun {
                try Kerchunk.checkOutput(
                    output.output, overwrite: true, options: output.options, files: files)
                lock = try Kerchunk.lockForAppending(
                    output.output, waiting: running.appendWait, files: files,
                    cancellation: Platform.interruption
                ) {
                    if output.quiet { return }
                    Console.writeError("note: waiting for another run that appends to \(output.output)")
                }
            }
        } else if !running.dryRun {
            try output.checkWritable(reading: inputs.map(\.name))
        }
        var settings = settings
        settings.zarrFormat = output.zarrFormat
        settings.threadCount = output.jobs ?? Kerchunk.width(for: inputs.map(\.name))
        settings.scratch = running.scratch
        if running.append { settings.appended = output.output }
        settings.memoryLimit = Int(clamping: running.memory.bytes)
        settings.cancellation = Platform.interruption
        if output.output != "-" { settings.output = output.output }
        let progress = Progress(total: inputs.count, of: "inputs", isQuiet: output.quiet)
        settings.progress = { progress.advance() }
        let combined: CombinedDataset
        do {
            defer { progress.end() }
            combined = try Kerchunk.combine(inputs, request: request, settings: settings)
        }
        for (name, issues) in combined.inputIssues { try output.report(issues, of: name) }
        if running.dryRun {
            let report = CombineReport(plan: combined.plan)
            let json = report.json.adding("stats", StorageArguments.traffic.counts.json)
            if running.json { try Console.write(json) } else { try Platform.write(report.text, to: 1) }
            if !running.json { output.storage.showStatistics() }
            return
        }
        if !output.quiet {
            for decision in combined.plan.decisions { Console.writeError("note: \(decision)") }
            let count = combined.plan.differences.count
            if count > 0 {
                Console.writeError(
                    "note: \(count) attributes differ among the inputs; those of the first are kept (--dry-run lists them)"
                )
            }
        }
        try output.report(combined.plan.issues, of: output.output)
        var dataset = combined.dataset
        let threshold = running.inlineThreshold.bytes
        if threshold > 0 {
            dataset = Kerchunk.inlineChunks(
                of: dataset, below: threshold, files: settings.sources ?? settings.files)
        }
        if output.output == "-" {
            try output.save(dataset)
        } else {
            try save(combined, dataset, threshold)
        }
        combined.finish()
    }

    private func save(_ combined: CombinedDataset, _ dataset: VirtualDataset, _ threshold: UInt64) throws {
        var options = output.options
        if running.append {
            if combined.addsNothing {
                if !output.quiet { Console.writeError("note: nothing to append; the output stays as it is") }
                return
            }
            if output.format == .parquet {
                options.parquet.recordSize = try Kerchunk.recordSize(ofParquet: output.output)
            }
        }
        let progress = Progress(total: 0, of: "chunks", isQuiet: output.quiet)
        defer { progress.end() }
        try Kerchunk.save(
            combined, as: dataset, wish: "inline \(threshold)", to: output.output, options: options,
            overwrite: output.overwrite || running.append, progress: { progress.reach($0, of: $1) },
            cancellation: Platform.interruption, files: try output.storage.files())
        output.storage.showStatistics()
    }
}
