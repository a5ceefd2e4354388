// SPDX-License-Identifier: Apache-2.0
// How inputs behind URLs are reached: options of all commands that open any.

import ArgumentParser
import Kerchunk

struct StorageArguments: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A storage option, as in fsspec: timeout=30. Repeatable.", valueName: "name=value"))
    var storageOption: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A header for HTTP requests to the hosts of inputs: 'Authorization: Bearer …'. Repeatable.",
            valueName: "header"))
    var header: [String] = []

    @Flag(help: "Use no credentials for object stores; the same as --storage-option anon=true.")
    var anon = false

    @Option(
        help: ArgumentHelp(
            "The address of an object store, if not the provider's own, such as http://localhost:9000.",
            valueName: "url"))
    var endpointUrl: String?

    @Option(
        help: ArgumentHelp(
            "The profile in the files in ~/.aws whose credentials to use for S3.", valueName: "name"))
    var profile: String?

    @Flag(help: "Pay for requests to requester-pays buckets.")
    var requesterPays = false

    @Option(help: ArgumentHelp("Network requests at the same time.", valueName: "n"))
    var concurrency = 64

    @Flag(help: "Let reference sets that come over a network name local files.")
    var trustLocal = false

    @Flag(help: "Print at the end how many network requests were made and how many bytes were received.")
    var stats = false

    /// What this run of the program takes from networks.
    static let traffic = Traffic()
    /// Archives that this run of the program has listed.
    private static let archives = OpenArchives()

    func validate() throws {
        if concurrency < 1 || concurrency > 1024 {
            throw ValidationError("--concurrency must be a number from 1 to 1024, not \(concurrency)")
        }
        do {
            try FileOpener().stores.check(try options)
        } catch {
            throw ValidationError(error.message)
        }
    }

    private var options: StorageOptions {
        get throws(KerchunkError) { try options(adding: []) }
    }

    /// - Parameter further: options as `name=value`, which count where both give one.
    private func options(adding further: [String]) throws(KerchunkError) -> StorageOptions {
        var options = StorageOptions()
        options.concurrency = concurrency
        if anon { options.values["anon"] = "true" }
        if let endpointUrl { options.values["endpoint_url"] = endpointUrl }
        if let profile { options.values["profile"] = profile }
        if requesterPays { options.values["requester_pays"] = "true" }
        for text in storageOption + further {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                // What stands there may be a password.
                throw KerchunkError(.usage, "write options of stores as name=value")
            }
            options.values[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        for text in header {
            guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
                throw KerchunkError(.usage, "--header takes 'Name: value'")
            }
            options.headers.append(
                StorageOptions.Header(
                    String(text[..<colon]), String(text[text.index(after: colon)...].drop { $0 == " " })))
        }
        return options
    }

    /// What this run of the program is done with.
    func session() throws -> Session {
        Session(files: try files(), cancellation: Platform.interruption, traffic: Self.traffic)
    }

    /// Opens what this run names.
    /// - Parameter further: options beside those of `--storage-option`.
    func files(adding further: [String] = []) throws -> FileOpener {
        let options = try options(adding: further)
        try FileOpener().stores.check(options)
        var files = FileOpener(options)
        files.archives = Self.archives
        files.trust.allowsLocal = trustLocal
        return files
    }

    /// For people, where they asked for it.
    func showStatistics() {
        guard stats else { return }
        Console.writeError("stats: " + Self.traffic.counts.text)
    }
}

extension JSONValue {
    /// An object with one more member.
    func adding(_ name: String, _ value: JSONValue) -> JSONValue {
        guard var object else { return self }
        object[name] = value
        return .object(object)
    }
}

extension Traffic.Counts {
    var text: String {
        var text =
            "\(counted(requests, "request")) in \(counted(roundTrips, "batch")), \(Self.size(bytes)) fetched"
        if retries > 0 { text += ", \(counted(retries, "request")) made again" }
        if wholeFiles > 0 {
            text +=
                ", \(counted(wholeFiles, "file")) fetched whole (their servers do not serve parts of files)"
        }
        return text
    }

    var json: JSONValue {
        [
            "requests": .integer(requests), "round_trips": .integer(roundTrips), "bytes": .integer(bytes),
            "retries": .integer(retries),
            "whole_files": .integer(wholeFiles),
        ]
    }

    private static func size(_ bytes: UInt64) -> String {
        bytes < 10_000
            ? "\(bytes) bytes" : bytes < 10_000_000 ? "\(bytes / 1000) kB" : "\(bytes / 1_000_000) MB"
    }
}
