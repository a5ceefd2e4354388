// SPDX-License-Identifier: Apache-2.0
// The codec `swift_kerchunk.lzf`: what HDF5's filter 32000 writes (h5py's `compression="lzf"`).
// Spec: LibLZF 3.6, format as decoded there: runs of literals, and references backwards.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct LZF: Codec {
    static let id = "swift_kerchunk.lzf"
    static let entry = CodecEntry.ours(
        id, class: "LZF", "LZF, HDF5 filter 32000."
    ) { _ in LZF() }

    private static let longestRun = 32

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        let input = stored.array
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, input.count.multiplied(by: 4) ?? limit))
        var position = 0
        while position < input.count {
            let control = Int(input[position])
            position += 1
            if control < LZF.longestRun {
                let end = position + control + 1
                guard end <= input.count else { throw LZF.short(stored) }
                guard output.count + control + 1 <= limit else { throw .beyond(limit, LZF.id) }
                output += input[position..<end]
                position = end
                continue
            }
            var length = control >> 5
            if length == 7 {
                guard position < input.count else { throw LZF.short(stored) }
                length += Int(input[position])
                position += 1
            }
            length += 2
            guard position < input.count else { throw LZF.short(stored) }
            let distance = ((control & 0x1F) << 8) + Int(input[position]) + 1
            position += 1
            guard distance <= output.count else {
                throw .undecodable(
                    LZF.id, "byte \(position) refers back \(distance) bytes, before the start")
            }
            guard output.count + length <= limit else { throw .beyond(limit, LZF.id) }
            output.appendCopy(of: length, from: distance)
        }
        return Bytes(output)
    }

    /// Literals only: valid, and a 32nd larger.
    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        let input = decoded.array
        var output: [UInt8] = []
        output.reserveCapacity(input.count + input.count / LZF.longestRun + 1)
        for start in stride(from: 0, to: input.count, by: LZF.longestRun) {
            let end = min(start + LZF.longestRun, input.count)
            output.append(UInt8(end - start - 1))
            output += input[start..<end]
        }
        return Bytes(output)
    }

    private static func short(_ stored: Bytes) -> KerchunkError {
        .undecodable(id, "the \(stored.count) stored bytes are truncated")
    }
}

extension [UInt8] {
    /// Appends `length` bytes that lie `distance` bytes back; the two may overlap, which repeats a pattern.
    mutating func appendCopy(of length: Int, from distance: Int) {
        for _ in 0..<length { append(self[count - distance]) }
    }
}
