// SPDX-License-Identifier: Apache-2.0
// HDF5's variable-length strings: chunks hold ids of heap objects, the settings hold what the ids stand for.
// Spec: HDF5 File Format Specification 3.0, VIII "Variable-length data"; the container: numcodecs' vlen-utf8.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// Turns heap ids into the container that `vlen-utf8` reads; unknown ids into empty strings.
struct HeapStrings: Codec {
    static let id = "swift_kerchunk.heap_strings"
    static let entry = CodecEntry.ours(
        id, class: "HeapStrings",
        "Ids of HDF5's heap as the strings that they refer to, in the form of vlen-utf8."
    ) {
        settings throws(KerchunkError) in try HeapStrings(settings)
    }

    /// Bytes of an id.
    private let size: Int
    private let texts: [Bytes: String]

    init(_ settings: JSONObject) throws(KerchunkError) {
        guard let size = settings["size"]?.number?.uint64, (1...64).contains(size) else {
            throw KerchunkError(.malformed, "codec \"\(Self.id)\" needs \"size\" from 1 to 64")
        }
        self.size = Int(size)
        var texts: [Bytes: String] = [:]
        for (name, value) in settings["strings"]?.object ?? [:] {
            guard let id = Bytes(hexadecimal: name), let text = value.string else {
                throw KerchunkError(
                    .malformed, "codec \"\(Self.id)\": \"\(name)\" is not a heap id with a string")
            }
            texts[id] = text
        }
        self.texts = texts
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count % size == 0 else {
            throw KerchunkError(
                .malformed, "\(stored.count) bytes are not a multiple of the heap id size \(size)")
        }
        let values = stride(from: 0, to: stored.count, by: size).map { texts[stored[$0..<$0 + size]] ?? "" }
        let bytes = try TextContainer.bytes(of: values)
        guard bytes.count <= limit else {
            throw KerchunkError(.limit, "\(bytes.count) bytes of strings; at most \(limit) are allowed")
        }
        return bytes
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        throw KerchunkError(.unsupported, "codec \"\(Self.id)\" can only decode")
    }
}
