// SPDX-License-Identifier: Apache-2.0
// A JSON object too large to hold, gone through member by member in a window that moves over its text.

import KerchunkBytes
import KerchunkModel

/// The part of the text that is at hand, and the place in it.
struct TextWindow: ~Copyable {
    /// A member of an object; its ranges are places in the window, and hold until the next step.
    struct Member {
        let name: JSONScanner.StringToken
        let value: Range<Int>
        /// From the name's quotation mark to the end of the value.
        var text: Range<Int> { name.range.lowerBound - 1..<value.upperBound }
    }

    enum Step {
        case member(Member)
        /// The value is an object; its members come next.
        case entered
        case end
    }

    private var input: StoredText
    /// Bytes of the window, the first `filled` of which count.
    private(set) var memory: [UInt8]
    private(set) var filled = 0
    /// The next byte to be read.
    private(set) var position = 0
    /// Offset in the text of the window's first byte.
    private(set) var base: UInt64 = 0
    private(set) var isAtEnd = false
    /// Bytes that one member may take.
    private let memberLimit: Int
    #if KERCHUNK_FUZZING
        // so small that inputs of a fuzzer take several
        private static let usualSize = 1 << 13
    #else
        private static let usualSize = 1 << 20
    #endif
    private static let leastSize = 1 << 12

    init(_ input: consuming StoredText, memberLimit: Int) {
        // Fresh memory takes longer than reading a small set.
        let size = Int(clamping: input.expectedSize)
        memory = [UInt8](repeating: 0, count: max(Self.leastSize, min(Self.usualSize, size &+ 1)))
        self.input = input
        self.memberLimit = memberLimit
    }

    var expectedSize: UInt64 { input.expectedSize }

    /// Opens the object that the text is.
    mutating func open() throws {
        while true {
            let first = peek()
            if let first {
                guard first == UInt8(ascii: "{") else {
                    throw error("expected the object of a reference set", at: position)
                }
                position += 1
                return
            }
            guard !isAtEnd else { throw error("the text ends where a value is expected", at: filled) }
            try refill()
        }
    }

    /// Checks that nothing but white space is left.
    mutating func close() throws {
        while peek() == nil {
            if isAtEnd { return }
            try refill()
        }
        throw error("text after the end of the reference set", at: position)
    }

    /// Passes over white space; nil at the end of the window.
    private mutating func peek() -> UInt8? {
        while position < filled {
            let byte = memory[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    /// Goes to the next member of the object that is open.
    /// - Parameters:
    ///   - isFirst: whether no member of it was read yet; made false here.
    ///   - entered: the name of a member whose value, an object, is to be entered.
    mutating func next(isFirst: inout Bool, entering entered: StaticString? = nil) throws -> Step {
        while true {
            do {
                let (step, end) = try attempt(isFirst, entered)
                position = end
                isFirst = false
                return step
            } catch {
                // An error at the end of the window may be none with more text.
                let place = Int(error.offset)
                guard !isAtEnd, place + 16 >= filled else { throw self.error(error.problem, at: place) }
                try refill()
            }
        }
    }

    private func attempt(
        _ isFirst: Bool, _ entered: StaticString?
    ) throws(ParseError) -> (Step, end: Int) {
        var first = isFirst
        // SAFETY: bytes have no padding.
        var scanner = unsafe JSONScanner(memory.span.bytes.extracting(0..<filled), at: position)
        guard let name = try scanner.nextMember(isFirst: &first) else { return (.end, scanner.position) }
        let next = scanner.peek()
        if next == UInt8(ascii: "{"), let entered, try isEqual(name, entered, scanner) {
            try scanner.take(UInt8(ascii: "{"))
            return (.entered, scanner.position)
        }
        let start = scanner.position
        try scanner.skipValue()
        let end = scanner.position
        // A number may go on behind the window; what follows must be seen too.
        guard scanner.peek() != nil else { throw scanner.error("the text ends inside an object") }
        return (.member(Member(name: name, value: start..<end)), end)
    }

    private func isEqual(
        _ name: JSONScanner.StringToken, _ text: StaticString, _ scanner: borrowing JSONScanner
    ) throws(ParseError) -> Bool {
        guard name.range.count < 64 else { return false }
        return try scanner.text(of: name) == text.description
    }

    /// Gives `body` a scanner at `place`.
    func scan<R>(at place: Int, _ body: (inout JSONScanner) throws -> R) throws -> R {
        // SAFETY: bytes have no padding.
        var scanner = unsafe JSONScanner(memory.span.bytes.extracting(0..<filled), at: place)
        do {
            return try body(&scanner)
        } catch let error as ParseError {
            throw self.error(error.problem, at: Int(error.offset))
        }
    }

    /// The decoded text of a name.
    func text(of name: JSONScanner.StringToken) throws -> String {
        try scan(at: name.range.lowerBound) { scanner in try scanner.text(of: name) }
    }

    /// An error at a place in the window.
    func error(_ problem: String, at place: Int) -> KerchunkError {
        KerchunkError(
            .malformed, "malformed JSON: \(problem)", offset: base.adding(UInt64(place)) ?? .max)
    }

    /// Goes on behind what was read by other means.
    mutating func skip(to position: Int) {
        precondition(position >= self.position && position <= filled)
        self.position = position
    }

    /// Moves the window so that it starts at the next byte to be read, and fills what became free.
    private mutating func refill() throws {
        let kept = filled - position
        if position > 0 {
            moveToStart(kept)
            base += UInt64(position)
            position = 0
            filled = kept
            if memory.count > Self.usualSize, kept < Self.usualSize / 2 {
                memory.removeLast(memory.count - Self.usualSize)
                memory = Array(memory[...])  // gives back what one large member took
            }
        } else if kept == memory.count {
            guard kept < memberLimit else {
                throw KerchunkError(
                    .limit, "a member of the reference set takes more than \(memberLimit) bytes", offset: base
                )
            }
            memory += [UInt8](repeating: 0, count: memory.count)
        }
        var isFilling = true
        while isFilling, filled < memory.count {
            if pending.isEmpty { pending = try input.next() }
            if pending.isEmpty {
                isAtEnd = true
                isFilling = false
            }
            let count = min(pending.count, memory.count - filled)
            copyPending(count)
            pending = pending.dropping(count)
        }
    }

    /// Text that did not fit into the window.
    private var pending = Bytes()

    private mutating func moveToStart(_ count: Int) {
        let start = position
        unsafe memory.withUnsafeMutableBytes { memory in
            // SAFETY: `count` bytes lie between the position and the end of what is filled; the places may overlap.
            unsafe memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<start + count]))
        }
    }

    private mutating func copyPending(_ count: Int) {
        let start = filled
        unsafe pending.withUnsafeBytes { source in
            unsafe memory.withUnsafeMutableBytes { target in
                // SAFETY: `count` bytes are pending, and fit behind `start`, as the caller made sure.
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[start..<start + count]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[..<count]))
            }
        }
        filled += count
    }
}
