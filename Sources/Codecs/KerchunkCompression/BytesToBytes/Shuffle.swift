// SPDX-License-Identifier: Apache-2.0
// The codec `shuffle`: first bytes of all elements, then second bytes, and so on.
// Spec: HDF5's filter 2 ("shuffle"); settings as numcodecs' Shuffle.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Shuffle: Codec {
    static let entry = CodecEntry.numcodecs("shuffle", .bytesToBytes) {
        settings throws(KerchunkError) in try Shuffle(settings)
    }

    /// Bytes of an element. Bytes beyond the last whole element stay where they are, as HDF5 has it.
    let elementSize: Int

    init(elementSize: Int) { self.elementSize = elementSize }

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings("shuffle", configuration)
        self.init(elementSize: try settings.integer("elementsize", in: 0...Int(Int32.max), else: 4))
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count <= limit else { throw .beyond(limit, "shuffle") }
        guard elementSize > 1, stored.count > elementSize else { return stored }
        return Bytes(Shuffle.gather(stored.array[...], elementSize: elementSize))
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        guard elementSize > 1, decoded.count > elementSize else { return decoded }
        let elements = decoded.array
        let count = elements.count / elementSize
        var planes = elements
        for byte in 0..<elementSize {
            let plane = byte * count
            for element in 0..<count { planes[plane + element] = elements[element * elementSize + byte] }
        }
        return Bytes(planes)
    }

    /// Elements from planes of their bytes.
    static func gather(_ planes: ArraySlice<UInt8>, elementSize: Int) -> [UInt8] {
        var elements = Array(planes)
        let count = planes.count / elementSize
        planes.withContiguousElements { planes in
            var target = elements.mutableSpan
            for byte in 0..<elementSize {
                let plane = byte * count
                var place = byte
                for element in 0..<count {
                    target[place] = planes[plane + element]
                    place += elementSize
                }
            }
        }
        return elements
    }
}

extension ArraySlice<UInt8> {
    /// Gives `body` the elements, counted from 0.
    func withContiguousElements<R>(_ body: (Span<UInt8>) -> R) -> R { body(span) }
}
