// SPDX-License-Identifier: Apache-2.0
// What callers can ask for, by name. Requests and answers are described in docs/c-abi.md.

import Kerchunk

enum Operations {
    typealias Operation = @Sendable (Request) throws -> Reply

    static let all: [String: Operation] = [
        "info": info, "is_local": isLocal,
        "scan": scan, "open": open,
        "describe": describe, "documents": documents, "inspect": inspect, "labels": labels,
        "sources": sources,
        "columns": columns,
        "output_names": outputNames, "output_form": outputForm, "known_output": knownOutput,
        "json": json, "save": save, "check_output": checkOutput, "lock_output": lockOutput,
        "pack": pack, "verify": verify,
        "expand": expand, "combine": combine, "save_combined": saveCombined,
        "summarize": summarize, "join_summaries": joinSummaries, "plan": plan, "partitions": partitions,
        "execute": execute, "finish": finish,
        "select": select, "rename": rename, "inline": inline, "subchunk": subchunk,
        "dereference": dereference, "merge": merge, "concat_arrays": concatArrays,
        "decode": decode, "encode": encode,
        "pickle": pickle, "translate": translate, "open_marshalled": openMarshalled,
    ]

    /// - Parameter numbers: of the objects that the request refers to by their place.
    static func run(
        _ text: Bytes, _ numbers: [UInt64], _ callbacks: Callbacks, _ context: CallContext
    ) throws -> Reply {
        let document: JSONObject?
        do {
            document = try JSONScanner.parse(text).object
        } catch {
            throw KerchunkError(.usage, "the request is not JSON: \(error.problem)")
        }
        guard var members = document, let name = members["operation"]?.string else {
            throw KerchunkError(.usage, "the request has no operation")
        }
        guard let operation = all[name] else {
            throw KerchunkError(.usage, "there is no operation \"\(name)\"")
        }
        members["operation"] = nil
        var objects: [any NumberedObject] = []
        for number in numbers {
            guard let object = Objects.shared[number] else {
                throw KerchunkError(.usage, "the object that the request refers to does not exist (any more)")
            }
            objects.append(object)
        }
        return try operation(
            Request(members: members, objects: objects, callbacks: callbacks, context: context))
    }

    /// Whether a URL that references name may lead to something of this machine.
    private static func isLocal(_ request: Request) throws -> Reply {
        try request.checkNames(["url"], of: "is_local")
        let url = try request.required(try request.string("url"), "url")
        return Reply(document: ["local": .bool(SourceTrust().isLocal(url))])
    }

    /// What this library is and knows.
    private static func info(_ request: Request) throws -> Reply {
        try request.checkNames([], of: "info")
        let session = Session()
        return Reply(document: [
            "version": .string(Kerchunk.version),
            "formats": .array(session.formats.map(\.format.json)),
            "scan_options": .strings(ScanOptions.sharedNames),
            "stores": .array(
                session.files.stores.stores.map {
                    ["schemes": .strings($0.schemes), "options": .strings($0.options)]
                }),
            "forms": .strings(session.forms.forms.map(\.id)),
            "codecs": .array(session.codecs.entries.map(\.json)),
            "error_kinds": .strings(KerchunkError.Kind.allCases.map(\.rawValue)),
        ])
    }
}
