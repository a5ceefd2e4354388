// SPDX-License-Identifier: Apache-2.0
// Plain threads for one call.

import Synchronization

/// Runs a job for each item on a bounded number of threads, made for the call and joined at its end.
public struct WorkerPool: Sendable {
    public let width: Int

    public init(width: Int) { self.width = max(1, width) }

    /// As wide as the machine has cores.
    public static var cores: WorkerPool { WorkerPool(width: Platform.coreCount) }

    /// Calls `job` with each index below `count`, in about ascending order; returns when all have ended.
    public func forEach(_ count: Int, _ job: @escaping @Sendable (Int) -> Void) {
        let work = Work(count: count, job: job)
        let helpers = (1..<max(1, min(width, count))).compactMap { _ in Platform.Thread { work.run() } }
        work.run()
        for helper in helpers { helper.join() }
    }

    /// The results of `job` for each index below `count`, in order.
    public func map<Result: Sendable>(
        _ count: Int, _ job: @escaping @Sendable (Int) -> Result
    ) -> [Result] {
        let results = ResultBox<Result>(count: count)
        forEach(count) { index in
            let result = job(index)
            results.values.withLock { $0[index] = result }
        }
        return results.values.withLock { $0.compactMap { $0 } }
    }
}

// A class because all threads of the call share the counter.
private final class Work: Sendable {
    private let next = Atomic(0)
    private let count: Int
    private let job: @Sendable (Int) -> Void

    init(count: Int, job: @escaping @Sendable (Int) -> Void) {
        self.count = count
        self.job = job
    }

    func run() {
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            if index >= count { return }
            job(index)
        }
    }
}

// A class because all threads of the call share the results.
private final class ResultBox<Result: Sendable>: Sendable {
    let values: Mutex<[Result?]>
    init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }
}
