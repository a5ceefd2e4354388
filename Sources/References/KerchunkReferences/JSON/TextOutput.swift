// SPDX-License-Identifier: Apache-2.0
// Filled pieces of text on their way to an output, written while the next one is being filled.

import KerchunkModel
import KerchunkStorage
import Synchronization

/// Writes one piece at a time on a thread of its own, and lends out the memory that is not being written.
// A class because the thread shares it with who fills the pieces.
// SAFETY: the thread reads `filled` bytes of `writing` and nothing else; both are changed only when it has been joined,
// and the output is used by nobody else until `finish`.
@safe final class TextOutput: @unchecked Sendable {
    private let output: any Upload
    private let capacity: Int
    /// What was written last or is being written; made for the first piece that has another one behind it.
    private var writing: UnsafeMutablePointer<UInt8>?
    private var filled = 0
    private var thread: Platform.Thread?
    private let failure = Mutex<KerchunkError?>(nil)

    init(_ output: any Upload, capacity: Int) {
        self.output = output
        self.capacity = capacity
    }

    deinit {
        thread?.join()
        unsafe writing?.deallocate()
    }

    /// Writes the first `count` bytes of `memory` in the background.
    /// - Returns: as much memory to go on with; that of the last piece.
    @unsafe func exchange(
        _ memory: UnsafeMutablePointer<UInt8>, count: Int
    ) throws -> UnsafeMutablePointer<UInt8> {
        try wait()
        let free = unsafe writing ?? .allocate(capacity: capacity)
        unsafe writing = memory
        filled = count
        thread = Platform.Thread { [unowned self] in
            do {
                try write()
            } catch {
                failure.withLock { $0 = KerchunkError(wrapping: error) }
            }
        }
        // Where the system gives no thread, it is done here.
        if thread == nil { try write() }
        return unsafe free
    }

    /// Writes `bytes` behind all that came before, and returns when they are written.
    func write(_ bytes: RawSpan) throws {
        try wait()
        try output.write(bytes)
    }

    private func write() throws {
        guard let writing = unsafe writing else { return }
        // SAFETY: so many bytes were written there before they were handed over.
        try unsafe output.write(RawSpan(_unsafeStart: writing, byteCount: filled))
    }

    /// Until the piece in the background is written.
    private func wait() throws {
        thread?.join()
        thread = nil
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
