// SPDX-License-Identifier: Apache-2.0
// A chunk of nothing but the fill value, as it would be stored.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

enum FillChunk {
    /// Bytes of a decoded chunk that is made in memory.
    private static let limit = 1 << 28

    /// The bytes that stand for a missing chunk of `array`.
    static func encoded(_ array: VirtualArray, codecs: CodecDirectory) throws(KerchunkError) -> Bytes {
        guard !array.dataType.isObject else {
            throw KerchunkError(.unsupported, "missing chunks of objects cannot be filled")
        }
        let elementSize = array.dataType.size
        let element: [UInt8] =
            switch array.fillValue {
            case .element(let bytes) where bytes.count == elementSize: bytes.array
            case .none: Array(repeating: 0, count: elementSize)
            default: throw KerchunkError(.unsupported, "the fill value cannot stand in chunks")
            }
        guard let count = checkedProduct(array.chunkShape), let elements = Int(exactly: count),
            let size = elements.multiplied(by: elementSize), size <= limit
        else { throw KerchunkError(.limit, "chunks of shape \(array.chunkShape) are too large to be filled") }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(size)
        if element.allSatisfy({ $0 == element.first }) {
            decoded.append(contentsOf: repeatElement(element.first ?? 0, count: size))
        } else {
            for _ in 0..<elements { decoded += element }
        }
        return try CodecPipeline(array.codecs, from: codecs).encode(Bytes(decoded))
    }
}
