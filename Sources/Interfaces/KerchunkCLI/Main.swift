// SPDX-License-Identifier: Apache-2.0
// The command `kerchunk`: its subcommands and its exit statuses.

import ArgumentParser
import Kerchunk

/// 0 done, 1 some inputs failed, 2 wrong usage, 3 issues under `--strict`, 130 interrupted.
enum ExitStatus: Int32 {
    case inputsFailed = 1
    case usage = 2
    case issues = 3
    case interrupted = 130

    var error: ExitCode { ExitCode(rawValue) }
}

@main struct Main: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kerchunk",
        abstract:
            "Locates the chunks of HDF5 and netCDF files, and writes references that zarr and xarray read.",
        discussion: """
            Examples:
              kerchunk scan file.nc -o refs.json
              kerchunk scan 'data/*.nc' -o refs/
              kerchunk inspect file.nc
              kerchunk convert refs.json -o refs.parq

            "kerchunk help COMMAND" has more.
            """,
        version: Kerchunk.version,
        subcommands: [
            ScanCommand.self, InspectCommand.self, ConvertCommand.self, ConsolidateCommand.self,
            VerifyCommand.self, SelectCommand.self, RenameCommand.self, DereferenceCommand.self,
            InlineCommand.self,
            SubchunkCommand.self, BuildCommand.self, CombineCommand.self, SummarizeCommand.self,
            PlanCommand.self,
            ExecuteCommand.self, MergeCommand.self,
            ConcatArraysCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot(Array(Platform.arguments.dropFirst()))
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
            let status: ExitStatus =
                switch error.kind {
                case .usage: .usage
                case .cancelled: .interrupted
                case .issues: .issues
                default: .inputsFailed
                }
            exit(withError: status.error)
        }
        let code = exitCode(for: error)
        if code == .success { exit(withError: error) }
        var text = fullMessage(for: error)
        if text.hasPrefix("Error: ") { text = "error: " + text.dropFirst("Error: ".count) }
        Console.writeError(text)
        exit(withError: ExitStatus.usage.error)
    }
}
