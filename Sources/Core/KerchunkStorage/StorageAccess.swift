// SPDX-License-Identifier: Apache-2.0
// How files are reached: what a user asks of stores, and what reaching them took.

public import KerchunkModel
import Synchronization

/// What a user asks of stores.
public struct StorageOptions: Hashable, Sendable {
    /// By name, as fsspec spells them: `timeout`, `anon`, `endpoint_url`. A store passes over what is not for it.
    public var values: [String: String]
    /// Headers that go with each HTTP request to the host that a URL names, and to no other.
    public var headers: [Header] = []
    /// Requests at once, in the whole process.
    public var concurrency = 64

    public struct Header: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(_ values: [String: String] = [:]) { self.values = values }

    /// The number of the option `name`; nil where it is not given.
    /// - Throws: kind `usage` where it is not a number in `range`.
    public func number(_ name: String, in range: ClosedRange<Int>) throws(KerchunkError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text) ?? Double(text).flatMap({ Int(exactly: $0.rounded(.up)) }),
            range.contains(value)
        else {
            throw KerchunkError(
                .usage,
                "the storage option \"\(name)\" must be a number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\""
            )
        }
        return value
    }

    /// The choice that the option `name` is; nil where it is not given.
    /// - Throws: kind `usage` where it is neither true nor false.
    public func flag(_ name: String) throws(KerchunkError) -> Bool? {
        guard let text = values[name] else { return nil }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            throw KerchunkError(
                .usage, "the storage option \"\(name)\" must be true or false, not \"\(text)\"")
        }
    }
}

/// What reaching files took: requests over a network, and the bytes that came.
// A class because all sources of a run count into it.
public final class Traffic: Sendable {
    public struct Counts: Hashable, Sendable {
        /// Requests, repeated ones included.
        public var requests = 0
        /// Batches of requests, one after the other for each file: what latency is paid for.
        public var roundTrips = 0
        /// Bytes of bodies that came.
        public var bytes: UInt64 = 0
        /// Requests that were made again.
        public var retries = 0
        /// Files that came whole, as their server gives no parts.
        public var wholeFiles = 0

        public init() {}
    }

    private let state = Mutex(Counts())
    private let total: Traffic?

    /// - Parameter total: counts what is counted here, too.
    public init(addingTo total: Traffic? = nil) { self.total = total }

    public var counts: Counts { state.withLock { $0 } }

    public func add(
        requests: Int = 0, roundTrips: Int = 0, bytes: UInt64 = 0, retries: Int = 0, wholeFiles: Int = 0
    ) {
        state.withLock { counts in
            counts.requests += requests
            counts.roundTrips += roundTrips
            counts.bytes += bytes
            counts.retries += retries
            counts.wholeFiles += wholeFiles
        }
        total?.add(
            requests: requests, roundTrips: roundTrips, bytes: bytes, retries: retries, wholeFiles: wholeFiles
        )
    }
}

/// What stores remember from file to file: credentials, the regions of buckets.
// A class because all stores of a run share it.
public final class StoreMemory: Sendable {
    private let values = Mutex<[StorageOptions: [String: any Sendable]]>([:])

    public init() {}

    /// What is remembered as `name` for `options`; made where nothing is.
    package func value<Value: Sendable>(
        _ name: String, for options: StorageOptions, make: () throws -> Value
    ) throws -> Value {
        try values.withLock { values in
            if let known = values[options]?[name] as? Value { return known }
            let made = try make()
            values[options, default: [:]][name] = made
            return made
        }
    }
}

/// What stores work with.
public struct StorageAccess: Sendable {
    public var options: StorageOptions
    public var cancellation: Cancellation
    public var traffic: Traffic
    public var memory = StoreMemory()
    /// Whether URLs come from references, and not from the user: hosts get no login then that is meant for any host, and none
    /// is connected to on this machine's link.
    public var isNamedByReferences = false
    /// Bytes that a source over a network may fetch when it is opened.
    public var firstRead: UInt64 = 256 << 10

    public init(
        _ options: StorageOptions = StorageOptions(), cancellation: Cancellation = Cancellation(),
        traffic: Traffic = Traffic()
    ) {
        self.options = options
        self.cancellation = cancellation
        self.traffic = traffic
    }
}
