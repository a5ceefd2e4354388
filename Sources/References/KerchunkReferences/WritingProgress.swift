// SPDX-License-Identifier: Apache-2.0
// How far the writing of a reference set is.

import KerchunkModel
import Synchronization

/// Called from any thread with places of chunks that are done, and with those of all arrays; missing chunks count, too.
public typealias WritingProgress = @Sendable (_ done: UInt64, _ total: UInt64) -> Void

/// Counts what is done.
// A class because the workers of a run share it.
final class ProgressCount: Sendable {
    private let report: WritingProgress?
    private let total: UInt64
    private let done = Atomic<UInt64>(0)

    init(_ report: WritingProgress?, total: UInt64) {
        self.report = report
        self.total = total
    }

    func add(_ count: UInt64) {
        guard let report else { return }
        report(done.wrappingAdd(count, ordering: .relaxed).newValue, total)
    }
}
