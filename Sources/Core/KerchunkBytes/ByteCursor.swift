// SPDX-License-Identifier: Apache-2.0
// Reads structures from bytes, and knows where it is.

/// A position in bytes that cannot outlive them.
///
/// It carries the absolute file offset and the name of the structure being read; each failed read throws both.
public struct ByteCursor: ~Escapable {
    @usableFromInline let bytes: RawSpan
    /// Bytes read so far, counted from the start of the span.
    @inlinable public var position: Int { storedPosition }
    @usableFromInline var storedPosition: Int
    /// Offset in the file of the span's first byte.
    public let base: UInt64
    /// The structure that errors name.
    public internal(set) var structure: StaticString

    /// - Parameters:
    ///   - bytes: what to read.
    ///   - base: offset of their first byte in the file.
    ///   - structure: what they are, in the words of the specification.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, at base: UInt64, in structure: StaticString) {
        storedPosition = 0
        self.bytes = bytes
        self.base = base
        self.structure = structure
    }

    /// Names the structure that the next reads belong to.
    @_lifetime(self: copy self)
    public mutating func enter(_ structure: StaticString) { self.structure = structure }

    /// Bytes left.
    @inlinable public var remaining: Int { bytes.byteCount - position }
    @inlinable public var isAtEnd: Bool { remaining == 0 }
    /// Absolute offset of the next byte.
    @inlinable public var offset: UInt64 {
        // Wraps only for a base that no file can have.
        base &+ UInt64(position)
    }

    /// An error at the next byte.
    public func error(_ problem: String) -> ParseError {
        ParseError(problem, in: structure.description, at: offset)
    }

    @inline(never) @usableFromInline func shortError(_ needed: Int) -> ParseError {
        error("needs \(needed) bytes, \(remaining) left")
    }

    /// Passes over `count` bytes.
    @_lifetime(self: copy self)
    @inlinable public mutating func skip(_ count: Int) throws(ParseError) {
        guard count >= 0, count <= remaining else { throw shortError(count) }
        storedPosition += count
    }

    /// Goes to `position`, counted from the start of the span.
    @_lifetime(self: copy self)
    public mutating func seek(to position: Int) throws(ParseError) {
        guard position >= 0, position <= bytes.byteCount else {
            throw error("position \(position) is outside its \(bytes.byteCount) bytes")
        }
        storedPosition = position
    }

    /// Passes over padding up to a multiple of `alignment`, counted from `origin` (a position).
    @_lifetime(self: copy self)
    public mutating func align(to alignment: Int, from origin: Int = 0) throws(ParseError) {
        let excess = (position - origin) % alignment
        if excess != 0 { try skip(alignment - excess) }
    }

    /// Reads one fixed-width integer as it lies in memory.
    @_lifetime(self: copy self)
    @inlinable @inline(__always) public mutating func load<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type)
        throws(ParseError) -> T
    {
        let width = MemoryLayout<T>.size
        guard width <= remaining else { throw shortError(width) }
        // SAFETY: `position ..< position + width` was checked above; integers have no invalid bit patterns.
        let raw = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self)
        storedPosition += width
        return raw
    }

    /// A copy of the next `count` bytes.
    @_lifetime(self: copy self)
    public mutating func bytes(_ count: Int) throws(ParseError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw shortError(count) }
        // SAFETY: the range was checked above.
        let slice = unsafe bytes.extracting(unchecked: position..<position + count)
        storedPosition += count
        return unsafe slice.withUnsafeBytes { unsafe Array($0) }
    }

    /// Checks that the next bytes spell `signature` and passes over them.
    @_lifetime(self: copy self)
    public mutating func expect(_ signature: StaticString) throws(ParseError) {
        let found = try bytes(signature.utf8CodeUnitCount)
        let equal = signature.withUTF8Buffer { unsafe $0.elementsEqual(found) }
        guard equal else {
            storedPosition -= found.count
            throw error("the signature \"\(signature)\" is missing")
        }
    }

    /// Bytes from the start of the span to here, as checksums need them.
    public func withBytesRead<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        // SAFETY: `0 ..< position` was read, so it lies inside the span.
        let slice = unsafe bytes.extracting(unchecked: 0..<position)
        return unsafe slice.withUnsafeBytes { unsafe body($0) }
    }
}

extension Bytes {
    /// A copy-free cursor over a window is made by `ByteCursor(bytes.span, at:in:)`; this reads one value and ends.
    public func parse<R>(
        at base: UInt64, in structure: StaticString,
        _ body: (inout ByteCursor) throws(ParseError) -> R
    ) throws(ParseError) -> R {
        var cursor = ByteCursor(span, at: base, in: structure)
        return try body(&cursor)
    }
}
