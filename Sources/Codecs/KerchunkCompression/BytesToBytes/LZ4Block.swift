// SPDX-License-Identifier: Apache-2.0
// LZ4 blocks, over liblz4. They know neither their length nor that of their content.
// Spec: LZ4 Block Format Description 1.5.1.

import CLZ4
import KerchunkBytes
import KerchunkModel

enum LZ4Block {
    /// Most bytes that a block of ours can hold.
    static let largestContent = Int(LZ4_MAX_INPUT_SIZE)

    /// - Parameter size: exactly how many bytes the block must give.
    /// - Returns: nil for a block that does not give them.
    static func decode(_ stored: Bytes, size: Int) -> Bytes? {
        guard let size32 = Int32(exactly: size), let count = Int32(exactly: stored.count), size >= 0,
            // A byte of input gives at most 255 bytes of output.
            size <= stored.count.multiplied(by: 255) ?? Int.max
        else { return nil }
        var result: Int32 = -1
        let decoded = unsafe Bytes(capacity: size) { room in
            unsafe stored.withUnsafeBytes { input in
                // SAFETY: liblz4 reads at most `count` bytes and writes at most `size32`; both buffers outlive the call.
                result = unsafe LZ4_decompress_safe(
                    input.baseAddress?.assumingMemoryBound(to: CChar.self),
                    room.baseAddress?.assumingMemoryBound(to: CChar.self), count, size32)
                return result == size32 ? size : 0
            }
        }
        return result == size32 ? decoded : nil
    }

    /// - Parameter acceleration: 1 and above; higher is faster and larger.
    static func encode(
        _ decoded: Bytes, acceleration: Int = 1, codec: String
    ) throws(KerchunkError) -> Bytes {
        guard decoded.count <= largestContent else {
            throw .unencodable(codec, "\(decoded.count) bytes are more than \(largestContent)")
        }
        var result: Int32 = 0
        let encoded = unsafe Bytes(capacity: Int(LZ4_compressBound(Int32(decoded.count)))) { room in
            unsafe decoded.withUnsafeBytes { input in
                // SAFETY: as in `decode`; both counts are below 2³¹.
                result = unsafe LZ4_compress_fast(
                    input.baseAddress?.assumingMemoryBound(to: CChar.self),
                    room.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(input.count),
                    Int32(room.count),
                    Int32(clamping: acceleration))
                return max(0, Int(result))
            }
        }
        guard result > 0 else { throw .unencodable(codec, "liblz4 failed") }
        return encoded
    }
}
