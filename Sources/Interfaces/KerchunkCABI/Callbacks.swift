// SPDX-License-Identifier: Apache-2.0
// Files and stores that live outside of Swift, behind three C functions.

import Kerchunk

/// Reads one batch of ranges of the source `context` into `buffer`, one behind the other.
/// - Returns: 0, or the number of the failure, which the caller keeps.
public typealias ReadFunction =
    @convention(c) (
        _ context: UInt64, _ count: UInt64, _ offsets: UnsafePointer<UInt64>?,
        _ lengths: UnsafePointer<UInt64>?, _ buffer: UnsafeMutableRawPointer?
    ) -> UInt64

/// Takes the next bytes of the output `context`.
/// - Returns: 0, or the number of the failure.
public typealias WriteFunction =
    @convention(c) (_ context: UInt64, _ bytes: UnsafeRawPointer?, _ length: UInt64) -> UInt64

/// Asks `context` something small; question and answer are JSON.
/// - Parameter answer: room for `capacity` bytes; a longer answer is a failure.
/// - Returns: 0, or the number of the failure.
public typealias AskFunction =
    @convention(c) (
        _ context: UInt64, _ question: UnsafePointer<UInt8>?, _ length: UInt64,
        _ answer: UnsafeMutablePointer<UInt8>?, _ capacity: UInt64,
        _ answerLength: UnsafeMutablePointer<UInt64>?
    ) -> UInt64

/// What a caller has kept of its failure, by the number that it gave.
struct CallbackFailure: Error {
    let number: UInt64
}

/// The functions of a caller.
// SAFETY: functions of C are the same from every thread; that they may be called from any is the caller's promise.
@safe struct Callbacks: @unchecked Sendable {
    private let read: ReadFunction?
    private let write: WriteFunction?
    private let ask: AskFunction?
    private static let answerCapacity = 64 << 10

    @unsafe init(read: ReadFunction?, write: WriteFunction?, ask: AskFunction?) {
        unsafe self.read = read
        unsafe self.write = write
        unsafe self.ask = ask
    }

    private static func check(_ failure: UInt64, _ what: String) throws(KerchunkError) {
        guard failure != 0 else { return }
        var error = KerchunkError(.input, "\(what) failed in the caller")
        error.cause = CallbackFailure(number: failure)
        throw error
    }

    private static func absent(_ what: String) -> KerchunkError {
        KerchunkError(.usage, "the request needs a function to \(what), which was not given")
    }

    func read(_ context: UInt64, _ ranges: [ByteRange]) throws(KerchunkError) -> [Bytes] {
        guard let read = unsafe read else { throw Self.absent("read") }
        var starts: [Int] = []
        var total = 0
        for range in ranges {
            starts.append(total)
            guard let count = Int(exactly: range.count), let sum = total.adding(count) else {
                throw KerchunkError(.limit, "a read of \(range.count) bytes is too long")
            }
            total = sum
        }
        let offsets = ranges.map(\.offset)
        let lengths = ranges.map(\.count)
        let edges = ReadEdges(starts: starts, end: total)
        // SAFETY: the caller writes each range into its part of the buffer, whose length it is told; what it leaves out is
        // zeros, and an error.
        let all = try unsafe Bytes.zeroed(count: total) { (memory) throws(KerchunkError) in
            for pattern in ReadEdges.patterns {
                unsafe edges.mark(memory, pattern)
                try Self.check(
                    unsafe read(context, UInt64(ranges.count), offsets, lengths, memory.baseAddress),
                    "reading")
                if unsafe !edges.isMarked(memory, pattern) { return }
            }
            throw KerchunkError(
                .input,
                "the caller's read function reported success without filling the buffer")
        }
        guard let all else { throw KerchunkError(.limit, "not enough memory for a read of \(total) bytes") }
        return starts.indices.map { all[starts[$0]..<starts[$0] + Int(lengths[$0])] }
    }

    func write(_ context: UInt64, _ bytes: RawSpan) throws(KerchunkError) {
        guard let write = unsafe write else { throw Self.absent("write") }
        // SAFETY: the span lives during the call.
        let failure = unsafe bytes.withUnsafeBytes {
            unsafe write(context, $0.baseAddress, UInt64($0.count))
        }
        try Self.check(failure, "writing")
    }

    func ask(_ context: UInt64, _ question: JSONObject) throws(KerchunkError) -> JSONObject {
        guard let ask = unsafe ask else { throw Self.absent("ask") }
        let text = Array(JSONValue.object(question).serialized().utf8)
        var length: UInt64 = 0
        let name = question["ask"]?.string ?? "a question"
        // SAFETY: the caller is told how much room there is, which is zeros, and says how much of it it has written.
        let room = try unsafe Bytes(capacity: Self.answerCapacity) { (memory) throws(KerchunkError) in
            let failure = unsafe ask(
                context, text, UInt64(text.count), memory.baseAddress?.assumingMemoryBound(to: UInt8.self),
                UInt64(memory.count), &length)
            try Self.check(failure, name)
            return memory.count
        }
        guard (1...UInt64(room.count)).contains(length),
            let answer = (try? JSONScanner.parse(room[0..<Int(length)]))?.object
        else {
            throw KerchunkError(
                .input,
                "the caller's answer to \"\(name)\" is not a JSON object of at most \(room.count) bytes")
        }
        return answer
    }
}

/// The first and last bytes of the ranges of a read, by which a function is seen that writes none or not all of them.
private struct ReadEdges {
    let starts: [Int]
    let end: Int

    /// Two that differ in each byte: who has really read what looks like the first does not read what looks like the second.
    static let patterns: [UInt8] = [0xA5, 0x5A]
    private static let width = 8

    private func forEachEdge(_ body: (Range<Int>) -> Void) {
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : self.end
            let width = min(Self.width, end - start)
            guard width > 0 else { continue }
            body(start..<start + width)
            body(end - width..<end)
        }
    }

    func mark(_ memory: UnsafeMutableRawBufferPointer, _ pattern: UInt8) {
        forEachEdge { for position in $0 { unsafe memory[position] = pattern } }
    }

    /// Whether one of the edges is still as it was marked.
    func isMarked(_ memory: UnsafeMutableRawBufferPointer, _ pattern: UInt8) -> Bool {
        var isMarked = false
        forEachEdge { isMarked = isMarked || $0.allSatisfy { unsafe memory[$0] == pattern } }
        return isMarked
    }
}
