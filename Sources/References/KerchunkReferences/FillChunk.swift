// SPDX-License-Identifier: Apache-2.0
// A chunk of one value, as it would be stored.

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
        return try encoded(array.unwrittenValue, for: array, codecs: codecs)
    }

    /// A chunk of `array` whose elements all are `value`.
    /// - Throws: where chunks are too large, or cannot be encoded.
    static func encoded(
        _ value: FillValue, for array: VirtualArray, codecs: CodecDirectory
    ) throws(KerchunkError) -> Bytes {
        let (element, encoding) = try storedElement(value, array)
        guard let count = checkedProduct(array.chunkShape), let elements = Int(exactly: count),
            let size = elements.multiplied(by: element.count), size <= limit
        else { throw KerchunkError(.limit, "chunks of shape \(array.chunkShape) are too large to fill") }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(size)
        if encoding.first == TextContainer.codec {
            // Each text costs its length as well.
            guard size + 16 * elements <= limit else {
                throw KerchunkError(
                    .limit, "chunks of shape \(array.chunkShape) are too large to fill")
            }
            let container = try TextContainer.bytes(of: Array(repeating: element, count: elements))
            return try CodecPipeline(Array(encoding.dropFirst()), from: codecs).encode(container)
        }
        if element.allSatisfy({ $0 == element.first }) {
            decoded.append(contentsOf: repeatElement(element.first ?? 0, count: size))
        } else {
            for _ in 0..<elements { decoded += element }
        }
        return try CodecPipeline(
            encoding, from: codecs, for: ChunkForm(shape: array.chunkShape, dataType: array.dataType)
        ).encode(Bytes(decoded))
    }

    /// One element, and the codecs that encode it from there.
    private static func storedElement(
        _ value: FillValue, _ array: VirtualArray
    ) throws(KerchunkError) -> (element: [UInt8], codecs: [CodecSpec]) {
        switch value {
        case .element(let bytes) where bytes.count == array.dataType.size && !array.dataType.isObject:
            return (bytes.array, array.codecs)
        case .text(let text) where array.dataType == .text && array.codecs.first == TextContainer.codec:
            // The codec that knows the texts of heap ids only decodes: an id goes through what is behind it.
            let texts = array.codecs.dropFirst().first?.configuration["strings"]?.object
            guard let texts else { return (Array(text.utf8), array.codecs) }
            guard let id = texts.filter({ $0.value == .string(text) }).last?.name,
                let bytes = Bytes(hexadecimal: id)
            else { throw KerchunkError(.unsupported, "the fill value cannot be written into chunks") }
            return (bytes.array, Array(array.codecs.dropFirst(2)))
        default: throw KerchunkError(.unsupported, "the fill value cannot be written into chunks")
        }
    }
}
