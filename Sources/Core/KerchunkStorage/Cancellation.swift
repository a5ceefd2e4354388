// SPDX-License-Identifier: Apache-2.0
// A flag that stops long work.

public import KerchunkModel
import Synchronization

/// Set once, from any thread or a signal handler; long work asks for it once a level.
// A class because those who set it and those who ask share it.
public final class Cancellation: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public func cancel() { flag.store(true, ordering: .relaxed) }
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    public func check() throws(KerchunkError) {
        if isCancelled { throw KerchunkError(.cancelled, "interrupted") }
    }
}
