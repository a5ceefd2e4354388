// SPDX-License-Identifier: Apache-2.0
// What stores do, one thing a call, for the Python oracles: lists, reads, writes, removes, signs. Answers in JSON.

import Glibc
import KerchunkBytes
import KerchunkModel
import KerchunkRemote
import KerchunkStorage
import KerchunkTestKit

/// `store-tool OPTIONS COMMAND ARGUMENTS…`, where OPTIONS is a JSON object of storage options.
@main struct StoreTool {
    static func main() {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            guard arguments.count >= 2, let options = try JSONScanner.parse(Bytes(arguments[0])).object else {
                throw KerchunkError(.usage, "store-tool OPTIONS COMMAND ARGUMENTS…")
            }
            let tool = StoreTool(
                StorageAccess(
                    StorageOptions(
                        Dictionary(uniqueKeysWithValues: options.map { ($0.name, $0.value.string ?? "") }))))
            let answer = try tool.run(arguments[1], Array(arguments[2...]))
            try Platform.write(answer.serialized() + "\n", to: 1)
        } catch {
            let error = KerchunkError(wrapping: error)
            try? Platform.write("error: \(error)\nkind: \(error.kind.rawValue)\n", to: 2)
            exit(1)
        }
    }

    private let access: StorageAccess

    init(_ access: StorageAccess) { self.access = access }

    private static let kinds = StoreDirectory(stores: [
        HTTPStore.kind, S3Store.kind, GCSStore.kind, AzureStore.kind,
    ])

    private func store(_ url: String) throws -> any ObjectStore {
        guard case .remote(let scheme, _) = Location(url) else {
            throw KerchunkError(.usage, "no URL", url: url)
        }
        return try Self.kinds.store(scheme, access)
    }

    private func writable(_ url: String) throws -> any WritableStore {
        guard let store = try store(url) as? any WritableStore else {
            throw KerchunkError(.unsupported, "the store cannot be written to", url: url)
        }
        return store
    }

    private func run(_ command: String, _ arguments: [String]) throws -> JSONValue {
        switch (command, arguments.count) {
        case ("list", 1): return try Self.json(store(arguments[0]).list(prefix: arguments[0]))
        case ("level", 1):
            let level = try store(arguments[0]).listLevel(prefix: arguments[0])
            return [
                "objects": Self.json(level.objects), "folders": .array(level.folders.map { .string($0) }),
            ]
        case ("get", 2):
            let source = try store(arguments[0]).open(arguments[0])
            let file = try AtomicFile(arguments[1], overwrite: true)
            let size = try source.size()
            if size > 0 { try file.write(source.read(ByteRange(0..<size)).array) }
            try file.commit()
            return ["size": .integer(size), "requests": .integer(access.traffic.counts.requests)]
        case ("put", 2), ("put-and-abort", 2):
            let upload = try writable(arguments[1]).begin(arguments[1])
            let bytes = try Platform.readToEnd(arguments[0])
            // In pieces that fit no part.
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 3_000_001)
                try upload.write(Array(bytes[start..<end]))
                start = end
            }
            if command == "put" { try upload.commit() } else { upload.abort() }
            return ["requests": .integer(access.traffic.counts.requests)]
        case ("check", 1):
            let found = checkWritableStore(try writable(arguments[0]), below: arguments[0])
            return .array(found.map { .string($0) })
        case ("remove", 1...):
            try writable(arguments[0]).remove(arguments)
            return ["requests": .integer(access.traffic.counts.requests)]
        case ("sign", 1): return try sign(try JSONScanner.parse(Bytes(arguments[0])))
        default: throw KerchunkError(.usage, "there is no such command")
        }
    }

    private static func json(_ objects: [ObjectInfo]) -> JSONValue {
        .array(objects.map { ["key": .string($0.key), "size": .integer($0.size)] })
    }

    /// The headers of each of the requests `{method, endpoint, key, query: [[name, value]], headers, body, time, keys, region}`.
    private func sign(_ requests: JSONValue) throws -> JSONValue {
        .array(
            try (requests.array ?? []).map { item in
                func text(_ name: String) -> String { item.object?[name]?.string ?? "" }
                let query = (item.object?["query"]?.array ?? []).map { pair in
                    (pair.array?[0].string ?? "", pair.array?[1].string ?? "")
                }
                var url = text("endpoint") + "/" + uriEncoded(text("key"), keepsSlash: true)
                if !query.isEmpty { url += "?" + queryText(query) }
                var request = HTTPRequest(
                    text("method"), url, body: item.object?["body"]?.string.map { Bytes($0) })
                for (name, value) in (item.object?["headers"]?.object ?? JSONObject()).map({
                    ($0.name, $0.value)
                }) {
                    request.setHeader(name, value.string ?? "")
                }
                let keys = AccessKeys(
                    id: text("id"), secret: text("secret"), token: item.object?["token"]?.string)
                guard let time = Int64(text("time")) else { throw KerchunkError(.usage, "no time") }
                AWS4Signature(keys: keys, region: text("region")).sign(&request, at: UTCTime(time))
                return [
                    "url": .string(request.url),
                    "headers": .object(JSONObject(request.headers.map { ($0.name, .string($0.value)) })),
                ]
            })
    }
}
