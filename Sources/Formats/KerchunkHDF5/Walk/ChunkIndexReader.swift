// SPDX-License-Identifier: Apache-2.0
// What the walk of chunk indexes asks of each kind of index.

import KerchunkBytes
import KerchunkModel

/// A structure of a chunk index that is to be read.
struct IndexRequest: Sendable {
    /// Relative to the superblock's base address.
    let address: UInt64
    /// Bytes.
    var count: UInt64
    /// What the reader that asked knows it by.
    var tag: Int = 0
    /// Whether `count` is a guess that may reach beyond the end of the file.
    var isGuess = false
}

/// Reads the index of one dataset, level by level: says what it needs next, and is given that.
// A class because each reader keeps state between levels, and the walk holds readers of all kinds.
protocol ChunkIndexReader: AnyObject {
    /// The structures of the next level; the walk empties it before it hands over their bytes.
    var requests: [IndexRequest] { get set }
    /// Called once for each request, in their order.
    /// - Parameter offset: where `bytes` lie in the source.
    func accept(_ bytes: Bytes, for request: IndexRequest, at offset: UInt64) throws(ParseError)
    /// Called once, when nothing more is requested.
    func finish() throws(ParseError) -> ChunkEntries
}
