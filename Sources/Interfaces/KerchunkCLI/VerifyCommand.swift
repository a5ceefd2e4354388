// SPDX-License-Identifier: Apache-2.0
// `kerchunk verify`: whether references are still true.

import ArgumentParser
import Kerchunk
import Synchronization

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks whether references are still valid.",
        discussion: """
            Every source must exist, have the state that was recorded when it was scanned (size, and \
            ETag or modification time), and be long enough for every range. --read also decodes a sample \
            of chunks. If a host has no address or does not answer, its other files are not requested.

            Examples:
              kerchunk verify refs.json
              kerchunk verify refs.parq --read 100 --seed 7
              kerchunk verify refs.json --json | jq '.sources[] | select(.problem)'

            Exit status: 0 all is well, 1 there are problems, 2 wrong usage.
            """)

    @Argument(help: "A reference set, in any form.")
    var input: String

    @Option(help: ArgumentHelp("Read and decode this many chunks, drawn evenly.", valueName: "n"))
    var read = 0

    @Option(help: ArgumentHelp("Seed for the sample: the same seed draws the same chunks.", valueName: "n"))
    var seed: UInt64 = 0

    @OptionGroup var document: DocumentArgument

    @Flag(name: .shortAndLong, help: "Print only problems; no progress bar.")
    var quiet = false

    @OptionGroup(title: "Stores") var storage: StorageArguments

    /// Sources without problems that the table shows.
    private static let shownSources = 20
    /// Sources with one problem that it shows.
    private static let shownAlike = 10

    func validate() throws {
        if read < 0 { throw ValidationError("--read must be 0 or more, not \(read)") }
    }

    func run() throws {
        Platform.watchInterrupts()
        try reporting(asJSON: document.json, work)
    }

    private func work() throws {
        let session = try storage.session()
        let opened = try Kerchunk.openReferences(input, session: session)
        let result: ReferenceVerification
        let progress = VerifyProgress(isQuiet: quiet)
        do {
            defer { progress.end() }
            result = try Kerchunk.verify(
                opened.dataset, sampleSize: read, seed: seed, session: session
            ) { progress.reach($0, $1, of: $2) }
        } catch {
            throw KerchunkError(wrapping: error).locating(url: input)
        }
        let isGood = result.isGood && opened.issues.isEmpty
        if document.json {
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
        // A thousand equal complaints are one.
        var alike: [String: Int] = [:]
        let listed = bad.filter { source in
            alike[source.problem ?? "", default: 0] += 1
            return alike[source.problem ?? "", default: 0] <= Self.shownAlike
        }
        let shown = listed + (quiet ? [] : good.prefix(Self.shownSources))
        let names = shown.map { withoutControls(shownURL($0.url)) }
        let width = names.map(\.count).max() ?? 0
        for (source, url) in zip(shown, names) {
            let name = url + String(repeating: " ", count: width - url.count)
            let count = source.references.description
            var line = "\(name)  \(String(repeating: " ", count: max(0, 10 - count.count)))\(count)  "
            line +=
                source.problem.map(shownText) ?? (source.wasRecorded ? "ok" : "ok (no state recorded)")
            if source.outside > 1 { line += " (\(counted(source.outside, "reference")) reach beyond it)" }
            lines.append(line)
        }
        for (problem, count) in alike.sorted(by: { $0.key < $1.key }) where count > Self.shownAlike {
            lines.append("and \(count - Self.shownAlike) more: \(shownText(problem))")
        }
        if !quiet, good.count > Self.shownSources {
            lines.append("and \(good.count - Self.shownSources) more that are ok")
        }
        for chunk in result.badChunks {
            lines.append(
                shownText("bad chunk \(chunk.key): \(chunk.problem)")
                    + (chunk.url.map { "\n  in " + withoutControls(shownURL($0)) } ?? ""))
        }
        for chunk in result.unjudged {
            lines.append(shownText("not checked \(chunk.key): \(chunk.problem)"))
        }
        if quiet { return lines.map { $0 + "\n" }.joined() }
        lines.append(
            "\(counted(result.sources.count, "source")) (\(grouped(bad.count)) with problems), \(counted(result.references, "reference")), "
                + "\(result.inline) inline"
                + (read == 0
                    ? "" : "; \(counted(result.readCount, "chunk")) read (\(result.badChunks.count) bad)"))
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A bar for each stage.
// A class because all worker threads report to it.
private final class VerifyProgress: Sendable {
    private let isQuiet: Bool
    private let bar = Mutex<(stage: ReferenceVerifier.Stage, progress: Progress)?>(nil)

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func reach(_ stage: ReferenceVerifier.Stage, _ done: UInt64, of total: UInt64) {
        let progress = bar.withLock { bar in
            if let bar, bar.stage == stage, done > 1 { return bar.progress }
            bar?.progress.end()
            let unit =
                switch stage {
                case .sources: "sources"
                case .chunks: "chunks"
                case .reading: "chunks read"
                }
            let progress = Progress(total: Int(clamping: total), of: unit, isQuiet: isQuiet)
            bar = (stage, progress)
            return progress
        }
        progress.reach(done, of: total)
    }

    func end() { bar.withLock { $0?.progress.end() } }
}
