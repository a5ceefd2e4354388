// SPDX-License-Identifier: Apache-2.0
// An immutable run of bytes that shares its memory.

/// A window into memory that an owner keeps alive; slicing is O(1) and copies nothing.
public struct Bytes: Sendable {
    let owner: ByteOwner
    let start: Int
    /// Number of bytes in the window.
    public let count: Int

    init(owner: ByteOwner, start: Int, count: Int) {
        self.owner = owner
        self.start = start
        self.count = count
    }

    /// No bytes.
    public init() {
        self.init(owner: ByteOwner.empty, start: 0, count: 0)
    }

    /// A copy of `elements`.
    public init(_ elements: some Collection<UInt8>) {
        let owner = ByteOwner(capacity: elements.count)
        _ = unsafe owner.memory.initialize(fromContentsOf: elements)
        self.init(owner: owner, start: 0, count: elements.count)
    }

    /// The UTF-8 form of `text`.
    public init(_ text: String) {
        self.init(text.utf8)
    }

    /// Reserves `capacity` zero bytes and lets `fill` write them.
    /// - Parameter fill: gets the whole buffer, returns how many bytes from its start are meaningful.
    public init<E: Error>(
        capacity: Int, fillingWith fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        let owner = ByteOwner(capacity: capacity)
        let filled = try unsafe fill(UnsafeMutableRawBufferPointer(owner.memory))
        precondition((0...capacity).contains(filled))
        self.init(owner: owner, start: 0, count: filled)
    }

    /// Reserves `capacity` bytes and lets `fill` write them; memory is not cleared before.
    /// - Parameter fill: gets the whole buffer, returns how many bytes from its start it wrote.
    @unsafe public init<E: Error>(
        uninitializedCapacity capacity: Int,
        fillingWith fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        let owner = unsafe ByteOwner(uninitializedCapacity: capacity)
        let filled = try unsafe fill(UnsafeMutableRawBufferPointer(owner.memory))
        precondition((0...capacity).contains(filled))
        self.init(owner: owner, start: 0, count: filled)
    }

    /// Memory that belongs to someone else, who frees it in `release`.
    /// - Parameter release: called once, when the last window on the memory goes.
    @unsafe public init(
        borrowing memory: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void
    ) {
        let owner = unsafe ByteOwner(borrowed: memory, release: release)
        self.init(owner: owner, start: 0, count: memory.count)
    }

    public var isEmpty: Bool { count == 0 }

    /// The byte at `position`, counted from the start of the window.
    @inlinable public subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < count)
        return unsafe withUnsafeBytes { unsafe $0[position] }
    }

    /// A window into this window.
    public subscript(range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return Bytes(owner: owner, start: start + range.lowerBound, count: range.count)
    }

    /// The bytes from `position` on; none when the window ends before it.
    public func dropping(_ length: Int) -> Bytes {
        self[min(length, count)..<count]
    }

    /// Gives `body` the memory for the length of the call.
    @usableFromInline func baseAddress() -> UnsafeRawPointer? {
        unsafe owner.memory.baseAddress.map { unsafe UnsafeRawPointer($0 + start) }
    }

    /// Gives `body` the memory for the length of the call.
    @inlinable public func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        // SAFETY: `self` keeps the owner alive during the call; `start + count` lies inside its memory.
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(UnsafeRawBufferPointer(start: baseAddress(), count: count))
    }

    /// The window as a bounds-checked span.
    public var span: RawSpan {
        @_lifetime(borrow self)
        get {
            // SAFETY: the span depends on `self`, which keeps the owner of the memory alive.
            let span = unsafe RawSpan(_unsafeStart: baseAddress() ?? emptyAddress, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// A copy as an array.
    public var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

    /// The bytes as text; nil where they are not UTF-8.
    public var utf8Text: String? { String(validating: array, as: UTF8.self) }
}

extension Bytes: Hashable {
    public static func == (one: Bytes, other: Bytes) -> Bool {
        guard one.count == other.count else { return false }
        return unsafe one.withUnsafeBytes { a in
            unsafe other.withUnsafeBytes { b in
                var position = 0
                // SAFETY: both have `one.count` bytes, and eight are left.
                while position + 8 <= a.count {
                    let (x, y) = unsafe (
                        a.loadUnaligned(fromByteOffset: position, as: UInt64.self),
                        b.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                    )
                    if x != y { return false }
                    position += 8
                }
                while position < a.count {
                    if unsafe a[position] != b[position] { return false }
                    position += 1
                }
                return true
            }
        }
    }

    public func hash(into hasher: inout Hasher) {
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension Bytes: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: UInt8...) { self.init(elements) }
}

// SAFETY: one aligned byte that is never read through (windows on it are empty) and never freed.
private nonisolated(unsafe) let emptyAddress = UnsafeRawPointer(
    UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

/// Owns the memory behind `Bytes`.
// A class because several windows share it and the last one frees it.
// SAFETY: the memory is written only before the owner is shared (`Bytes.init`), then only read.
@safe final class ByteOwner: @unchecked Sendable {
    let memory: UnsafeMutableBufferPointer<UInt8>
    private let release: (@Sendable () -> Void)?

    static let empty = ByteOwner(capacity: 0)

    init(capacity: Int) {
        unsafe memory = .allocate(capacity: capacity)
        unsafe memory.initialize(repeating: 0)
        release = nil
    }

    /// - Important: only bytes that were written may come into a window.
    @unsafe init(uninitializedCapacity capacity: Int) {
        unsafe memory = .allocate(capacity: capacity)
        release = nil
    }

    @unsafe init(borrowed: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void) {
        unsafe memory = UnsafeMutableBufferPointer(
            mutating: borrowed.assumingMemoryBound(to: UInt8.self))
        self.release = release
    }

    deinit {
        if let release { release() } else { unsafe memory.deallocate() }
    }
}
