// SPDX-License-Identifier: Apache-2.0
// The text of a reference set, a piece at a time, whether or not it is compressed.

package import KerchunkBytes
import KerchunkCodecs
package import KerchunkModel
import KerchunkStorage

/// Text of a reference set that is made a piece at a time.
// A class because it knows how far it is.
package protocol ReferenceText: AnyObject {
    /// More text; none at the end.
    func next() throws(KerchunkError) -> Bytes
}

/// Reads a file from its start to its end, and decodes it on the way.
struct StoredText: ~Copyable {
    /// At least the bytes of text that the whole file holds; of compressed files an estimate.
    let expectedSize: UInt64
    private let source: any ByteSource
    /// What makes the text, where it is not stored.
    private let made: (any ReferenceText)?
    private let storedSize: UInt64
    /// Bytes that one read asks for.
    private let batch: UInt64
    /// Bytes read so far.
    private var position: UInt64 = 0
    private let decoder: (any StreamDecoder)?
    /// What was read and not yet decoded.
    private var stored = Bytes()
    /// Bytes of text so far, and how many there may be.
    private var decodedSize: UInt64 = 0
    private let decodedLimit: UInt64
    private let cancellation: Cancellation

    /// Text this many times as large as its compressed form is taken for an attempt to fill the machine.
    private static let largestRatio: UInt64 = 256
    private static let alwaysAllowed: UInt64 = 1 << 30
    /// Text a byte of a compressed set stands for, about.
    private static let usualRatio: UInt64 = 16

    init(_ source: any ByteSource, codecs: CodecDirectory, cancellation: Cancellation) throws {
        let size = try source.size()
        let magic = try source.read(ByteRange(0..<min(4, size))).array
        let decoder = try Self.codec(magic).map { codec throws(KerchunkError) in
            try codecs.streaming(codec).streamDecoder()
        }
        self.source = source
        made = nil
        self.decoder = decoder
        self.cancellation = cancellation
        storedSize = size
        batch = min(max(source.preferredBatch, 1 << 18), 8 << 20)
        expectedSize = decoder == nil ? size : size.multiplied(by: Self.usualRatio) ?? .max
        decodedLimit =
            decoder == nil ? .max : max(size.multiplied(by: Self.largestRatio) ?? .max, Self.alwaysAllowed)
    }

    /// Text that is made, of about `expectedSize` bytes.
    init(_ made: any ReferenceText, expectedSize: UInt64, cancellation: Cancellation) {
        source = MemorySource(Bytes())
        self.made = made
        decoder = nil
        self.cancellation = cancellation
        self.expectedSize = expectedSize
        storedSize = 0
        batch = 0
        decodedLimit = .max
    }

    /// The codec of a file that starts with `magic`; nil for plain text.
    // Spec: RFC 8878, 3.1.1 and 3.1.2; RFC 1952, 2.3.1.
    static func codec(_ magic: [UInt8]) -> String? {
        if magic == [0x28, 0xB5, 0x2F, 0xFD] { return "zstd" }
        if magic.count == 4, magic[0] & 0xF0 == 0x50, magic[1...] == [0x2A, 0x4D, 0x18] { return "zstd" }
        return magic.starts(with: [0x1F, 0x8B]) ? "gzip" : nil
    }

    /// More text; none at the end.
    mutating func next() throws -> Bytes {
        try cancellation.check()
        if let made { return try made.next() }
        guard let decoder else { return try nextStored() }
        while true {
            let decoded = try decoder.decode(&stored, limit: 1 << 19)
            if !decoded.isEmpty {
                decodedSize += UInt64(decoded.count)
                guard decodedSize <= decodedLimit else {
                    throw KerchunkError(
                        .limit,
                        "the \(storedSize) stored bytes decode to more than \(decodedLimit), which is too much for a reference set"
                    )
                }
                return decoded
            }
            guard position < storedSize else {
                guard decoder.isComplete else {
                    throw KerchunkError(
                        .malformed, "the compressed file is truncated", offset: storedSize)
                }
                return Bytes()
            }
            stored = try nextStored()
        }
    }

    private mutating func nextStored() throws -> Bytes {
        let range = ByteRange(position..<min(storedSize, position + batch))
        guard range.count > 0 else { return Bytes() }
        position = range.end
        return try source.read(range)
    }
}
