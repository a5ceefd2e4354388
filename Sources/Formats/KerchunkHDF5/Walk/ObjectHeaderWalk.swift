// SPDX-License-Identifier: Apache-2.0
// Reads the headers of many objects together.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// The messages of an object, of all chunks of its header.
struct ObjectHeader: Sendable {
    /// Relative to the base address.
    let address: UInt64
    /// Absolute.
    let offset: UInt64
    /// Whether `creationOrder` of messages means something.
    let tracksAttributeOrder: Bool
    var messages: [HeaderMessage]
}

/// Reads object headers: first chunks in one batch, then further chunks in one batch for each link of their chain.
struct ObjectHeaderWalk {
    let file: HDF5File
    let budget: MetadataBudget

    /// Bytes of a header that are read before its size is known.
    private static let guess: UInt64 = 512

    /// The headers at `addresses`, in their order.
    func headers(at addresses: [UInt64]) throws -> [Result<ObjectHeader, ParseError>] {
        var drafts: [Draft] = []
        drafts.reserveCapacity(addresses.count)
        var long: [Int] = []
        try file.forEachRead(addresses.map { ($0, Self.guess) }, clipped: true, in: "object header") {
            index, read in
            var draft = Draft(address: addresses[index])
            draft.attempt { draft throws(ParseError) in
                if try !draft.takeFirst(try read.get(), in: file, budget) { long.append(index) }
            }
            drafts.append(draft)
        }
        if !long.isEmpty {
            let extents = long.map { (address: addresses[$0], count: drafts[$0].firstSize) }
            try file.forEachRead(extents, in: "object header") { position, read in
                drafts[long[position]].attempt { draft throws(ParseError) in
                    _ = try draft.takeFirst(try read.get(), in: file, budget)
                }
            }
        }
        while true {
            var owners: [Int] = []
            var extents: [Extent] = []
            for index in drafts.indices where !drafts[index].pending.isEmpty {
                for continuation in drafts[index].pending {
                    owners.append(index)
                    extents.append((continuation.address, continuation.size))
                }
                drafts[index].pending = []
            }
            if extents.isEmpty { break }
            try file.forEachRead(extents, in: "object header continuation") { position, read in
                drafts[owners[position]].attempt { draft throws(ParseError) in
                    try draft.takeContinuation(
                        try read.get(), from: extents[position].address, in: file, budget)
                }
            }
        }
        return drafts.map(\.result)
    }

    /// A header on the way.
    private struct Draft {
        let address: UInt64
        var prefix: ObjectHeaderPrefix?
        /// Bytes of the first chunk, where they were more than the first read.
        var firstSize: UInt64 = 0
        var messages: [HeaderMessage] = []
        /// Chunks that are to be read next.
        var pending: [HeaderContinuation] = []
        /// Addresses of all chunks that were announced.
        var chunks: Set<UInt64> = []
        var failure: ParseError?

        init(address: UInt64) { self.address = address }

        var result: Result<ObjectHeader, ParseError> {
            if let failure { return .failure(failure) }
            return .success(
                ObjectHeader(
                    address: address, offset: offset,
                    tracksAttributeOrder: prefix?.tracksAttributeOrder ?? false,
                    messages: messages))
        }

        private(set) var offset: UInt64 = 0

        mutating func attempt(_ step: (inout Draft) throws(ParseError) -> Void) {
            if failure != nil { return }
            do throws(ParseError) {
                try step(&self)
            } catch {
                failure = error
                pending = []
            }
        }

        /// - Returns: false where `bytes` end before the chunk does.
        mutating func takeFirst(
            _ bytes: Bytes, in file: HDF5File, _ budget: MetadataBudget
        ) throws(ParseError) -> Bool {
            offset = try file.offset(of: address, in: "object header")
            let prefix = try bytes.parse(at: offset, in: "object header") { cursor throws(ParseError) in
                try ObjectHeaderPrefix(parsing: &cursor)
            }
            guard let size = prefix.chunkSize else {
                throw ParseError("\(prefix.messagesSize) bytes of messages", in: "object header", at: offset)
            }
            guard size <= UInt64(bytes.count) else {
                firstSize = size
                return false
            }
            self.prefix = prefix
            try take(bytes[0..<Int(size)], at: offset, isFirst: true, prefix, in: file, budget)
            return true
        }

        mutating func takeContinuation(
            _ bytes: Bytes, from address: UInt64, in file: HDF5File, _ budget: MetadataBudget
        ) throws(ParseError) {
            guard let prefix else { return }
            let offset = try file.offset(of: address, in: "object header continuation")
            try take(bytes, at: offset, isFirst: false, prefix, in: file, budget)
        }

        private mutating func take(
            _ chunk: Bytes, at offset: UInt64, isFirst: Bool, _ prefix: ObjectHeaderPrefix, in file: HDF5File,
            _ budget: MetadataBudget
        ) throws(ParseError) {
            try budget.spend(chunk.count, in: "object header", at: offset)
            let found = try prefix.messages(in: chunk, at: offset, isFirst: isFirst)
            for message in found where message.kind == .continuation {
                let continuation = try message.parse(in: "object header continuation message") {
                    cursor throws(ParseError) in
                    try HeaderContinuation(parsing: &cursor, sizes: file.sizes)
                }
                guard continuation.address != address, chunks.insert(continuation.address).inserted else {
                    throw ParseError("its chunks form a cycle", in: "object header", at: offset)
                }
                pending.append(continuation)
            }
            if messages.isEmpty { messages = found } else { messages += found }
        }
    }
}
