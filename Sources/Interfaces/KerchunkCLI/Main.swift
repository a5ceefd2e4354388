// SPDX-License-Identifier: Apache-2.0
// The command `kerchunk`: its subcommands and its exit statuses.

import ArgumentParser
import CMemoryLimit
import Kerchunk

/// 0 done, 1 some inputs failed, 2 wrong usage, 3 issues under `--strict`, 130 interrupted.
enum ExitStatus: Int32 {
    case inputsFailed = 1
    case usage = 2
    case issues = 3
    case interrupted = 130

    var error: ExitCode { ExitCode(rawValue) }

    init(_ kind: KerchunkError.Kind) {
        self =
            switch kind {
            case .usage: .usage
            case .cancelled: .interrupted
            case .issues: .issues
            default: .inputsFailed
            }
    }
}

@main struct Main: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kerchunk",
        abstract:
            "Locates the chunks of HDF5 and netCDF files, and writes references that zarr and xarray read.",
        discussion: """
            Examples:
              kerchunk scan file.nc -o refs.json
              kerchunk build 'data/*.nc' -o cube.parq
              kerchunk inspect cube.parq
              kerchunk convert refs.json -o refs.parq

            "kerchunk help COMMAND" has more.
            """,
        version: "swift-kerchunk \(Kerchunk.version)",
        groupedSubcommands: [
            CommandGroup(
                name: "Making references",
                subcommands: [ScanCommand.self, BuildCommand.self, CombineCommand.self]),
            CommandGroup(
                name: "Looking at datasets", subcommands: [InspectCommand.self, VerifyCommand.self]),
            CommandGroup(
                name: "Changing them",
                subcommands: [
                    ConvertCommand.self, ConsolidateCommand.self, SelectCommand.self, RenameCommand.self,
                    InlineCommand.self, SubchunkCommand.self, MergeCommand.self, ConcatArraysCommand.self,
                    DereferenceCommand.self,
                ]),
            CommandGroup(
                name: "Combining in several processes",
                subcommands: [SummarizeCommand.self, PlanCommand.self, ExecuteCommand.self]),
        ])

    static func main() {
        kerchunk_explain_memory_limit()
        do {
            let arguments = Platform.arguments.dropFirst()
            try checkCommand(arguments)
            var command = try parseAsRoot(Array(arguments))
            try command.run()
        } catch {
            finish(with: error)
        }
    }

    /// Ends the process as `error` asks for; wrong usage is 2, where the parser's own status would be 64.
    private static func finish(with error: any Error) -> Never {
        if error is ExitCode { exit(withError: error) }
        if let error = error as? KerchunkError {
            Console.writeError(error.text(severity: "error"))
            exit(withError: ExitStatus(error.kind).error)
        }
        let code = exitCode(for: error)
        if code == .success { exit(withError: error) }
        var text = fullMessage(for: error)
        if text.hasPrefix("Error: ") { text = "error: " + text.dropFirst("Error: ".count) }
        if let option = unknownOption() {
            let owners = commands.filter { options(of: $0.type).contains(option) }
            let names = owners.map { "\"kerchunk \($0.name)\"" }.joined(separator: ", ")
            let usage = text.firstIndex(of: "\n").map { text[$0...] } ?? ""
            let hint = owners.isEmpty ? near(option) : ". It is an option of \(names)"
            text = "error: Unknown option '\(option)'\(hint)\(usage)"
        }
        Console.writeError(text)
        exit(withError: ExitStatus.usage.error)
    }

    private static var commands: [(name: String, type: any ParsableCommand.Type)] {
        configuration.subcommands.map { ($0.configuration.commandName ?? "", $0) }
    }

    /// - Throws: where the first word is none of the commands.
    private static func checkCommand(_ arguments: ArraySlice<String>) throws(KerchunkError) {
        let words = arguments.first == "help" ? arguments.dropFirst() : arguments
        guard let word = words.first, !word.hasPrefix("-"), word != "help" else { return }
        let names = commands.map(\.name)
        guard !names.contains(word) else { return }
        var text = "there is no command \"\(word)\""
        if Platform.exists(word) || word.contains("://") {
            text = "a command must come first: kerchunk scan \(word) -o OUT, kerchunk inspect \(word)"
        } else {
            let hint = NearNames(names).shortHint(for: word)
            text += hint.isEmpty ? "; \"kerchunk --help\" lists them" : hint
        }
        throw KerchunkError(.usage, text)
    }

    private static var givenCommand: (name: String, type: any ParsableCommand.Type)? {
        Platform.arguments.dropFirst().first.flatMap { word in commands.first { $0.name == word } }
    }

    /// The first option that the command does not have. The parser tells of what is missing before it tells of these, and
    /// knows only names that differ by a few letters.
    private static func unknownOption() -> String? {
        let known = options(of: givenCommand?.type ?? Main.self)
        return Platform.arguments.dropFirst().prefix { $0 != "--" }.lazy
            .filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
            .first { !known.contains($0) }
    }

    private static func options(of command: any ParsableCommand.Type) -> Set<String> {
        let words = command.helpMessage().split { " \n/,[]".contains($0) }.filter { $0.hasPrefix("--") }
        let names = words.map { String($0.prefix { $0.isLetter || $0.isNumber || $0 == "-" }) }
        return Set(names + ["--help", "--version"])
    }

    /// What the option may have been meant to be: it begins so, or differs by a few letters.
    private static func near(_ option: String) -> String {
        let known = options(of: givenCommand?.type ?? Main.self)
        let longer = known.filter { option.count > 3 && $0.hasPrefix(option) }.sorted().prefix(3)
        let alike = NearNames(known.map { String($0.dropFirst(2)) }).near(String(option.dropFirst(2))).map {
            "--\($0)"
        }
        let meant = longer.isEmpty ? alike : Array(longer)
        return meant.isEmpty ? "" : ". Did you mean \(meant.map { "'\($0)'" }.joined(separator: " or "))?"
    }
}
