// SPDX-License-Identifier: Apache-2.0
// One running operation.

import Kerchunk
import Synchronization

/// What an operation works with beside its request.
struct CallContext: Sendable {
    let cancellation = Cancellation()
    let progress = CallProgress()
}

/// How far an operation is; written by its threads, read by who waits.
// A class because they share it.
final class CallProgress: Sendable {
    enum Phase: Int32 { case none, inputs, chunks }

    private let phase = Atomic<Int32>(0)
    private let done = Atomic<UInt64>(0)
    private let total = Atomic<UInt64>(0)

    func begin(_ phase: Phase, total: UInt64 = 0) {
        done.store(0, ordering: .relaxed)
        self.total.store(total, ordering: .relaxed)
        self.phase.store(phase.rawValue, ordering: .relaxed)
    }
    func add(_ count: UInt64) { done.wrappingAdd(count, ordering: .relaxed) }
    func reach(_ done: UInt64, of total: UInt64) {
        self.done.store(done, ordering: .relaxed)
        self.total.store(total, ordering: .relaxed)
    }

    var value: (phase: Int32, done: UInt64, total: UInt64) {
        (phase.load(ordering: .relaxed), done.load(ordering: .relaxed), total.load(ordering: .relaxed))
    }
}

/// An operation on a thread of its own, and what came of it.
// A class because the thread and the callers share it.
final class Call: NumberedObject {
    let context: CallContext
    private let work: Work
    private let thread: ThreadBox
    /// Where the thread is: a process that was forked has none.
    private let processID = Platform.processID

    // SAFETY: `outcome` is written once before the bell rings, and read only by those who have heard it.
    @safe private final class Work: @unchecked Sendable {
        let bell = Platform.Bell()
        let isDone = Atomic(false)
        var outcome: Result<Reply, KerchunkError>?
        var document = Bytes()
    }

    // SAFETY: joined once, when the call ends.
    @safe private final class ThreadBox: @unchecked Sendable {
        let thread: Platform.Thread
        init(_ thread: Platform.Thread) { self.thread = thread }
    }

    /// - Returns: nil where the system gives no thread.
    init?(_ body: @escaping @Sendable (CallContext) throws -> Reply) {
        let context = CallContext()
        let work = Work()
        let thread = Platform.Thread {
            // Signals are for the threads of the caller.
            Platform.blockSignals()
            let outcome = Result { () throws(KerchunkError) in
                do { return try body(context) } catch { throw KerchunkError(wrapping: error) }
            }
            switch outcome {
            case .success(let reply): work.document = Bytes(JSONValue.object(reply.document).serialized())
            case .failure(let error): work.document = Bytes(error.document.serialized())
            }
            work.outcome = outcome
            work.isDone.store(true, ordering: .releasing)
            work.bell.ring()
        }
        guard let thread else { return nil }
        self.context = context
        self.work = work
        self.thread = ThreadBox(thread)
    }

    /// What callers in a forked process are told of a call that ran when it was forked.
    private static let elsewhere = KerchunkError(
        .cancelled, "the call is running in the process that this one was forked from")
    private static let elsewhereDocument = Bytes(elsewhere.document.serialized())

    private var isHere: Bool { processID == Platform.processID }

    deinit {
        // The thread, and whoever held the lock of the bell, are in the other process.
        guard isHere else { return }
        // What a call that has ended made may still read, and asks the same cancellation.
        if wait(milliseconds: 0) == nil { context.cancellation.cancel() }
        thread.thread.join()
    }

    /// - Returns: what came of it; nil where it still runs after `milliseconds`.
    func wait(milliseconds: UInt64) -> Result<Reply, KerchunkError>? {
        if !isHere { return work.isDone.load(ordering: .acquiring) ? work.outcome : .failure(Self.elsewhere) }
        return work.bell.wait(past: 0, milliseconds: milliseconds) > 0 ? work.outcome : nil
    }

    /// The answer or error as text; nil while it runs.
    @unsafe var document: UnsafeRawBufferPointer? {
        // SAFETY: the bytes do not change any more, and go with this call.
        guard wait(milliseconds: 0) != nil else { return nil }
        let isOurs = isHere || work.isDone.load(ordering: .acquiring)
        return unsafe (isOurs ? work.document : Self.elsewhereDocument).withUnsafeBytes { unsafe $0 }
    }
}

extension KerchunkError {
    /// As callers read it.
    var document: JSONValue {
        [
            "kind": .string(kind.rawValue), "message": .string(shownText(message)),
            "text": .string(description),
            "url": url.map { .string(shownURL($0)) } ?? .null, "object": object.map { .string($0) } ?? .null,
            "format": format.map { .string($0) } ?? .null, "offset": offset.map { .integer($0) } ?? .null,
            "is_transient": .bool(isTransient),
            "failure": (cause as? CallbackFailure).map { .integer($0.number) } ?? .null,
        ]
    }
}
