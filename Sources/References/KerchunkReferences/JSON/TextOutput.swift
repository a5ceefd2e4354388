// SPDX-License-Identifier: Apache-2.0
// Filled pieces of text on their way to an output, written while the next one is being filled.

import KerchunkModel
import KerchunkStorage
import Synchronization

/// Writes one piece at a time on a thread of its own, and lends out the memory that is not being written.
// A class because it ends once: its thread is joined.
final class TextOutput {
    private let piece: Piece
    private let capacity: Int
    private var thread: Platform.Thread?

    init(_ output: any Upload, capacity: Int) {
        piece = Piece(output)
        self.capacity = capacity
    }

    deinit { thread?.join() }

    /// Writes the first `count` bytes of `memory` in the background.
    /// - Returns: as much memory to go on with; that of the last piece.
    @unsafe func exchange(
        _ memory: UnsafeMutablePointer<UInt8>, count: Int
    ) throws -> UnsafeMutablePointer<UInt8> {
        try wait()
        let free = unsafe piece.exchange(memory, count: count) ?? .allocate(capacity: capacity)
        // The thread has the piece, not this object, which may go before the thread has begun.
        thread = Platform.Thread { [piece] in piece.write() }
        // Where the system gives no thread, it is done here.
        if thread == nil { piece.write() }
        return unsafe free
    }

    /// Writes `bytes` behind all that came before, and returns when they are written.
    func write(_ bytes: RawSpan) throws {
        try wait()
        try piece.write(bytes)
    }

    /// Until the piece in the background is written.
    private func wait() throws {
        thread?.join()
        thread = nil
        try piece.check()
    }
}

/// The piece that is being written, or was last.
// A class because the thread shares it with who hands it over.
// SAFETY: the thread reads `count` bytes of `memory` and writes to the output; both are used by others only before it has
// begun or when it has been joined.
@safe private final class Piece: @unchecked Sendable {
    private let output: any Upload
    private var memory: UnsafeMutablePointer<UInt8>?
    private var count = 0
    private let failure = Mutex<KerchunkError?>(nil)

    init(_ output: any Upload) { self.output = output }

    deinit { unsafe memory?.deallocate() }

    /// - Returns: the memory of the piece before; nil for the first one.
    @unsafe func exchange(
        _ memory: UnsafeMutablePointer<UInt8>, count: Int
    ) -> UnsafeMutablePointer<UInt8>? {
        let last = unsafe self.memory
        unsafe self.memory = memory
        self.count = count
        return unsafe last
    }

    func write() {
        guard let memory = unsafe memory else { return }
        do {
            // SAFETY: so many bytes were written there before they were handed over.
            try unsafe output.write(RawSpan(_unsafeStart: memory, byteCount: count))
        } catch {
            failure.withLock { $0 = KerchunkError(wrapping: error) }
        }
    }

    func write(_ bytes: RawSpan) throws { try output.write(bytes) }

    func check() throws {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
