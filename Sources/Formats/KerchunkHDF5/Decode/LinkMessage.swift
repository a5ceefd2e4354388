// SPDX-License-Identifier: Apache-2.0
// A name in a group.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.g "The Link Message".

import KerchunkBytes

struct LinkMessage: Hashable, Sendable {
    enum Target: Hashable, Sendable {
        /// Address of an object header, relative to the superblock's base address.
        case hard(UInt64)
        /// A path, relative to the group that holds the link unless it starts with `/`.
        case soft(path: String)
        case external(file: String, path: String)
        /// A link class that only a user's program understands.
        case userDefined(UInt8)
    }

    let name: String
    /// Whether `name` was UTF-8 in the file, else it was read as Latin-1.
    let isUTF8: Bool
    let target: Target
    let creationOrder: Int64?
}
