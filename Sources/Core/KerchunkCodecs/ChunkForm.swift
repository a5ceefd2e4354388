// SPDX-License-Identifier: Apache-2.0
// What stands between two codecs of a chunk.

import KerchunkBytes
public import KerchunkModel

/// The elements of a chunk at one step, in C order.
public struct ChunkForm: Hashable, Sendable {
    /// Elements along each axis; empty for a scalar.
    public var shape: [UInt64]
    /// The type of an element, with its byte order.
    public var dataType: DataType

    public init(shape: [UInt64], dataType: DataType) {
        self.shape = shape
        self.dataType = dataType
    }

    /// Bytes of all elements; nil where they are objects of any length, or too many.
    public var byteCount: Int? {
        guard !dataType.isObject, let count = checkedProduct(shape + [UInt64(dataType.size)]) else {
            return nil
        }
        return Int(exactly: count)
    }
}

extension VirtualArray {
    /// The form of a decoded chunk.
    public var chunkForm: ChunkForm { ChunkForm(shape: chunkShape, dataType: dataType) }
}
