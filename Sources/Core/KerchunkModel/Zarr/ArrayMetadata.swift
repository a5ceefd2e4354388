// SPDX-License-Identifier: Apache-2.0
// What the documents of an array say, beside where its chunks are.

import KerchunkBytes

/// An array as read from metadata: no chunks yet.
public struct ArrayMetadata: Sendable {
    /// Its chunks are all missing.
    public var array: VirtualArray
    public var keys: ChunkKeyEncoding

    init(_ array: VirtualArray, keys: ChunkKeyEncoding) {
        self.array = array
        self.keys = keys
    }
}

extension JSONObject {
    /// The lengths in the member `name`.
    func lengths(_ name: String) throws(KerchunkError) -> [UInt64] {
        guard let values = self[name]?.array else { throw malformed(name, "a list of lengths") }
        var lengths: [UInt64] = []
        for value in values {
            guard let length = value.number?.uint64 else { throw malformed(name, "a list of lengths") }
            lengths.append(length)
        }
        return lengths
    }

    func malformed(_ name: String, _ expected: String) -> KerchunkError {
        let found = self[name].map { "\"\($0.serialized())\"" } ?? "nothing"
        return KerchunkError(
            .malformed, "the metadata have \(found) for \"\(name)\", expected \(expected)")
    }
}

extension ChunkGrid {
    /// - Throws: for metadata that gives no grid.
    static func covering(_ shape: [UInt64], by chunkShape: [UInt64]) throws(KerchunkError) -> ChunkGrid {
        if let grid = ChunkGrid(covering: shape, by: chunkShape) { return grid }
        throw KerchunkError(
            .malformed, "an array of shape \(shape) cannot have chunks of shape \(chunkShape)")
    }
}
