// SPDX-License-Identifier: Apache-2.0
// Files, stores and outputs of the caller as ours.

import Kerchunk

/// A file of the caller.
// A class because the caller is told when the last user is done with it.
final class OutsideSource: ByteSource {
    let name: String
    let placement: Placement?
    let stamp: SourceStamp
    private let length: UInt64
    private let context: UInt64
    private let callbacks: Callbacks
    private let isClosed: Bool

    /// - Parameters:
    ///   - url: what references name; nil where they cannot.
    ///   - closes: whether the caller is told at the end.
    init(
        _ context: UInt64, name: String, url: String?, closes: Bool, _ callbacks: Callbacks
    ) throws(KerchunkError) {
        self.name = name
        self.context = context
        self.callbacks = callbacks
        isClosed = closes
        placement = url.map { Placement(url: $0) }
        do {
            let facts = try callbacks.ask(context, ["ask": "state"])
            guard let size = facts["size"]?.number?.uint64 else {
                throw KerchunkError(.input, "the size of the file is unknown")
            }
            guard size <= UInt64(Int64.max) else {
                throw KerchunkError(.input, "a size of \(size) bytes exceeds that of any file")
            }
            length = size
            stamp = SourceStamp(facts)
        } catch {
            if closes { _ = try? callbacks.ask(context, ["ask": "close"]) }
            throw KerchunkError(wrapping: error).locating(url: name)
        }
    }

    deinit {
        if isClosed { _ = try? callbacks.ask(context, ["ask": "close"]) }
    }

    func size() -> UInt64 { length }

    func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        if ranges.isEmpty { return [] }
        do {
            return try callbacks.read(context, ranges)
        } catch {
            throw error.locating(url: name)
        }
    }
}

/// A store of the caller; its keys are whole URLs.
struct OutsideStore: WritableStore {
    let context: UInt64
    let callbacks: Callbacks

    func open(_ key: String) throws -> any ByteSource {
        do {
            let answer = try callbacks.ask(context, ["ask": "open", "url": .string(key)])
            guard let source = answer["source"]?.number?.uint64 else {
                throw KerchunkError(.notFound, answer["problem"]?.string ?? "there is no such file")
            }
            return try OutsideSource(source, name: key, url: key, closes: true, callbacks)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: key)
        }
    }

    func list(prefix: String) throws -> [ObjectInfo] {
        throw KerchunkError(.unsupported, "files of the caller cannot be listed", url: prefix)
    }

    func remove(_ keys: [String]) throws {
        throw KerchunkError(.unsupported, "files of the caller are not removed", url: keys.first)
    }

    func begin(_ key: String) throws -> any Upload {
        do {
            let answer = try callbacks.ask(context, ["ask": "begin", "url": .string(key)])
            guard let output = answer["output"]?.number?.uint64 else {
                throw KerchunkError(.output, answer["problem"]?.string ?? "the file cannot be written")
            }
            return OutsideOutput(output, callbacks)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: key)
        }
    }
}

/// An output of the caller.
// A class because it is written and then committed or aborted.
final class OutsideOutput: Upload {
    private let context: UInt64
    private let callbacks: Callbacks

    init(_ context: UInt64, _ callbacks: Callbacks) {
        self.context = context
        self.callbacks = callbacks
    }

    func write(_ bytes: RawSpan) throws { try callbacks.write(context, bytes) }
    func commit() throws { _ = try callbacks.ask(context, ["ask": "commit"]) }
    func abort() { _ = try? callbacks.ask(context, ["ask": "abort"]) }
}
