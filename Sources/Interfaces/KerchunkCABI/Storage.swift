// SPDX-License-Identifier: Apache-2.0
// How a request says where files are.

import Kerchunk

extension Request {
    /// What the request is done with: its members say how inputs, the files behind references, and outputs are reached.
    func session() throws(KerchunkError) -> Session {
        var session = Session(files: try files(), cancellation: cancellation)
        if value("remote_storage") != nil { session.sources = try files("remote_storage") }
        if value("output_storage") != nil { session.outputs = try files("output_storage") }
        return session
    }

    private func files(_ name: String = "storage") throws(KerchunkError) -> FileOpener {
        let part = try part(name)
        try part.checkNames(
            [
                "options", "headers", "concurrency", "remote_protocol", "store", "schemes", "trust_local",
                "bare_protocol",
            ], of: name)
        var options = StorageOptions()
        for (name, value) in try part.object("options") ?? [:] {
            guard let text = value.string else {
                throw KerchunkError(.usage, "the storage option \"\(name)\" is not a string")
            }
            options.values[name] = text
        }
        try FileOpener().stores.check(options)
        for pair in try part.array("headers") ?? [] {
            guard let texts = pair.array?.compactMap(\.string), texts.count == 2 else {
                throw KerchunkError(.usage, "a header must be a list of its name and its value")
            }
            options.headers.append(StorageOptions.Header(texts[0], texts[1]))
        }
        options.concurrency = Int(try part.integer("concurrency", in: 1...1024) ?? 64)
        var stores = FileOpener().stores
        if let context = try part.integer("store", in: 0...UInt64.max) {
            let store = OutsideStore(context: context, callbacks: callbacks)
            let kind = StoreKind(schemes: try part.strings("schemes") ?? [], options: []) { _ in store }
            // Without the library for requests, all that is elsewhere is for the caller.
            let own = stores.stores.map { own in
                StoreKind(schemes: own.schemes, options: own.options) { access in
                    BuiltinStores.canReachNetworks ? try own.make(access) : store
                }
            }
            stores = StoreDirectory(stores: [kind] + own)
        }
        var files = FileOpener(options, stores: stores)
        files.remoteProtocol = try part.string("remote_protocol")
        files.trust.allowsLocal = try part.flag("trust_local") ?? false
        files.trust.bareProtocol = try part.string("bare_protocol")
        return files
    }
}

/// One file, as a request names it.
enum RequestedFile {
    /// A path or URL.
    case location(String)
    /// A file of the caller, or bytes.
    case source(any ByteSource)

    init(_ request: Request) throws(KerchunkError) {
        try request.checkNames(["url", "source", "bytes", "name"], of: "a file")
        let url = try request.string("url")
        let name = try request.string("name")
        if let context = try request.integer("source", in: 0...UInt64.max) {
            let file = try OutsideSource(
                context, name: name ?? url ?? "a file without a name", url: url, closes: false,
                request.callbacks)
            do {
                self = .source(try ReadaheadSource(file, capacity: 32))
            } catch {
                throw KerchunkError(wrapping: error)
            }
        } else if request.value("bytes") != nil {
            self = .source(MemorySource(try request.handle("bytes", BytesObject.self).bytes, url: url))
        } else {
            self = .location(try request.required(url, "url"))
        }
    }
}
