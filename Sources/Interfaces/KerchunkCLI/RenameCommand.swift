// SPDX-License-Identifier: Apache-2.0
// `kerchunk rename`: other URLs in a reference set.

import ArgumentParser
import Kerchunk

struct RenameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Changes the URLs that references point to.",
        discussion: """
            Whole URLs take precedence over prefixes, and longer prefixes over shorter ones. Of the \
            recorded state of a renamed source only the size is kept.

            Examples:
              kerchunk rename refs.json -o s3.json --prefix /data/=s3://bucket/data/
              kerchunk rename refs.parq -o refs.parq --overwrite \\
                --map /data/a.nc=/archive/a.nc
              kerchunk rename refs.json -o new.json --map-file names.json
            """)

    @Argument(help: "A reference set, in any form.")
    var input: String

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "An old and a new URL, as OLD=NEW, split at the first =. Repeatable.", valueName: "old=new"))
    var map: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("The old and new start of URLs, as OLD=NEW. Repeatable.", valueName: "old=new"))
    var prefix: [String] = []

    @Option(
        help: ArgumentHelp(
            "A JSON object of old and new URLs: {\"old\": \"new\"}.", valueName: "file"))
    var mapFile: String?

    @OptionGroup var output: ReferenceOutput

    func validate() throws {
        if map.isEmpty, prefix.isEmpty, mapFile == nil {
            throw ValidationError("nothing to rename: give --map, --prefix or --map-file")
        }
        for text in map + prefix { _ = try Self.pair(text) }
    }

    func run() throws {
        try output.write(reading: [input], trusts: true) { run in
            let renaming = try renaming()
            let dataset = try run.open(input)
            // Of a set that is read lazily all sources are known when it is written.
            run.lateWarnings = {
                let known = dataset.sources.sources.map(\.url)
                return renaming.unused(among: known).map { old in
                    "no reference points to \"\(old)\"\(NearNames(known).shortHint(for: old))\n  in \(input)"
                }
            }
            return dataset.renamingSources(renaming)
        }
    }

    private func renaming() throws -> SourceRenaming {
        let read = try mapFile.map(Self.read) ?? []
        return SourceRenaming(read + (try map.map(Self.pair)), prefixes: try prefix.map(Self.pair))
    }

    private static func pair(_ text: String) throws -> (old: String, new: String) {
        guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
            throw ValidationError("\"\(text)\" is not OLD=NEW; for URLs that contain = use --map-file")
        }
        return (String(text[..<mark]), String(text[text.index(after: mark)...]))
    }

    private static func read(_ path: String) throws -> [(old: String, new: String)] {
        do {
            var map: [(old: String, new: String)] = []
            guard let object = try JSONScanner.parse(Bytes(try Platform.readToEnd(path))).object else {
                throw KerchunkError(.usage, "the map is not a JSON object", url: path)
            }
            for (old, value) in object {
                guard let new = value.string else {
                    throw KerchunkError(.usage, "the map has no string for \"\(old)\"", url: path)
                }
                map.append((old, new))
            }
            return map
        } catch {
            throw KerchunkError(wrapping: error).locating(url: path)
        }
    }
}
