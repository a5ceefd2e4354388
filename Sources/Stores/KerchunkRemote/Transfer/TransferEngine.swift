// SPDX-License-Identifier: Apache-2.0
// All transfers of the process: one thread, and the connections that it keeps.

import KerchunkModel
import KerchunkStorage
import Synchronization

/// Runs attempts on a thread of its own. It knows nothing of retries, redirects or credentials.
// A class because all who read share its thread.
final class TransferEngine: Sendable {
    private let waiting = Mutex<[Attempt]>([])
    private let curl: Curl

    private static let shared = Mutex<(processID: Int32, engine: TransferEngine?)>((0, nil))

    /// The engine of this process, made at first use; a forked child gets one of its own.
    static func current() throws(KerchunkError) -> TransferEngine {
        try shared.withLock { shared throws(KerchunkError) in
            let processID = Platform.processID
            if let engine = shared.engine, shared.processID == processID { return engine }
            let engine = try TransferEngine()
            // A parent's engine is left as it is: its connections are the parent's.
            shared = (processID, engine)
            return engine
        }
    }

    private init() throws(KerchunkError) {
        curl = try Curl()
        guard Platform.Thread({ self.run() }) != nil else {
            throw KerchunkError(.network, "the system cannot start a thread for transfers")
        }
    }

    func start(_ attempts: [Attempt]) {
        waiting.withLock { $0 += attempts }
        curl.wake()
    }

    /// To be called when attempts have been abandoned, so that they end soon.
    func wake() { curl.wake() }

    /// Milliseconds after which it looks around even if nothing happened.
    private static let interval = 500

    /// Never returns: the engine lives as long as the process.
    private func run() {
        Platform.blockSignals()
        var queue: [Attempt] = []
        var first = 0
        var active: [Curl.Transfer: Attempt] = [:]
        while true {
            queue += waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            while first < queue.count {
                let attempt = queue[first]
                if attempt.isAbandoned {
                    attempt.end(.abandoned)
                } else if active.count >= attempt.terms.concurrency {
                    break
                } else if let transfer = curl.start(attempt.request, attempt.terms) {
                    active[transfer] = attempt
                } else {
                    attempt.end(.failed(TransferFailure(code: 27, problem: "out of memory")))
                }
                first += 1
            }
            if first == queue.count || first > 1024 {
                queue.removeFirst(first)
                first = 0
            }
            curl.perform()
            var hasEnded = false
            while let transfer = curl.nextEnded() {
                hasEnded = true
                let attempt = active.removeValue(forKey: transfer)
                let outcome = attempt.map { curl.outcome(of: transfer, $0.request) }
                curl.free(transfer)
                if let outcome { attempt?.end(outcome) }
            }
            for (transfer, attempt) in active where attempt.isAbandoned {
                active[transfer] = nil
                curl.free(transfer)
                attempt.end(.abandoned)
            }
            if !hasEnded { curl.wait(milliseconds: Self.interval) }
        }
    }
}
