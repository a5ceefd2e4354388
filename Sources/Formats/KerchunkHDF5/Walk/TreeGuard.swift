// SPDX-License-Identifier: Apache-2.0
// Keeps a tree in a file from being walked for ever.

import KerchunkBytes

/// Notes the nodes of one tree: none may come twice, and they may not be more than the file has room for.
struct TreeGuard {
    private var visited: Set<UInt64> = []
    private let limit: UInt64
    private let structure: StaticString

    /// - Parameters:
    ///   - room: bytes of the file.
    ///   - nodeSize: the fewest bytes that a node can have.
    init(room: UInt64, nodeSize: Int, structure: StaticString) {
        limit = room / UInt64(max(nodeSize, 1)) + 1
        self.structure = structure
    }

    /// Notes the node at `address`.
    mutating func visit(_ address: UInt64) throws(ParseError) {
        guard visited.insert(address).inserted else {
            throw ParseError("the node is reached twice", in: structure.description, at: address)
        }
        guard UInt64(visited.count) <= limit else {
            throw ParseError("more nodes than fit into the file", in: structure.description, at: address)
        }
    }
}
