// SPDX-License-Identifier: Apache-2.0
// The metadata of an array, as its copies share them.

import KerchunkBytes

/// What `VirtualArray` says of itself, beside where its chunks are.
struct ArrayDescription: Sendable {
    var shape: [UInt64]
    var chunkShape: [UInt64]
    var dataType: DataType
    var missing: MissingData
    var codecs: [CodecSpec] { didSet { hasCompressor = false } }
    var hasCompressor: Bool
    var attributes: JSONObject
    var dimensionNames: [String]?
}

// A class because copies share it.
// SAFETY: `VirtualArray` alone refers to it, and changes it only where no other value does.
final class SharedMetadata: @unchecked Sendable {
    var description: ArrayDescription

    init(_ description: ArrayDescription) { self.description = description }
}
