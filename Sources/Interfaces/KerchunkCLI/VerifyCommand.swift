// SPDX-License-Identifier: Apache-2.0
// `kerchunk verify`: whether references are still true.

import ArgumentParser
import Kerchunk

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks that references still point into the files that they were made from.",
        discussion: """
            Every source must be there, be what it was when it was scanned (size, and ETag or modification time where the
            references record them), and be long enough for every range. --read decodes a sample of chunks as well.

            Examples:
              kerchunk verify refs.json
              kerchunk verify refs.parq --read 100 --seed 7
              kerchunk verify refs.json --json | jq '.sources[] | select(.problem)'

            Exit status: 0 all is well, 1 there are problems, 2 wrong usage.
            """)

    @Argument(help: "A JSON or Parquet reference set.")
    var input: String

    @Option(help: ArgumentHelp("Read and decode this many chunks, drawn evenly.", valueName: "n"))
    var read = 0

    @Option(help: ArgumentHelp("Draws the same chunks each time.", valueName: "n"))
    var seed: UInt64 = 0

    @Flag(help: "Print the result for programs, as JSON.")
    var json = false

    @OptionGroup(title: "Stores") var storage: StorageArguments

    /// Sources without problems that the table shows.
    private static let shownSources = 20

    func validate() throws {
        if read < 0 { throw ValidationError("--read is 0 or more, not \(read)") }
    }

    func run() throws {
        Platform.watchInterrupts()
        let opened = try Kerchunk.openReferences(
            input, cancellation: Platform.interruption, files: try storage.files())
        let result: ReferenceVerification
        do {
            result = try Kerchunk.verify(
                opened.dataset, sampleSize: read, seed: seed, cancellation: Platform.interruption,
                files: try storage.files())
        } catch {
            throw KerchunkError(wrapping: error).locating(url: input)
        }
        let isGood = result.isGood && opened.issues.isEmpty
        if json {
            try Console.write(result.json(issues: opened.issues))
        } else {
            try Platform.write(text(result), to: 1)
            for issue in opened.issues { Console.writeError(issue.text(file: input)) }
        }
        storage.showStatistics()
        if !isGood { throw ExitStatus.inputsFailed.error }
    }

    private func text(_ result: ReferenceVerification) -> String {
        var lines: [String] = []
        let bad = result.sources.filter { !$0.isGood }
        let good = result.sources.filter(\.isGood)
        let shown = bad + good.prefix(Self.shownSources)
        let names = shown.map { withoutControls(shownURL($0.url)) }
        let width = names.map(\.count).max() ?? 0
        for (source, url) in zip(shown, names) {
            let name = url + String(repeating: " ", count: width - url.count)
            let count = source.references.description
            var line = "\(name)  \(String(repeating: " ", count: max(0, 10 - count.count)))\(count)  "
            line +=
                source.problem.map(shownText) ?? (source.wasRecorded ? "ok" : "ok (no state was recorded)")
            if source.outside > 1 { line += " (\(source.outside) references reach beyond it)" }
            lines.append(line)
        }
        if shown.count < result.sources.count {
            lines.append("and \(result.sources.count - shown.count) more that are ok")
        }
        for chunk in result.badChunks {
            lines.append(
                shownText("bad chunk \(chunk.key): \(chunk.problem)")
                    + (chunk.url.map { "\n  in " + withoutControls(shownURL($0)) } ?? ""))
        }
        for chunk in result.unjudged {
            lines.append(shownText("not judged \(chunk.key): \(chunk.problem)"))
        }
        lines.append(
            "\(result.sources.count) sources (\(bad.count) with problems), \(result.references) references, "
                + "\(result.inline) inline"
                + (read == 0 ? "" : "; \(result.readCount) chunks read (\(result.badChunks.count) bad)"))
        return lines.joined(separator: "\n") + "\n"
    }
}
