// SPDX-License-Identifier: Apache-2.0
// A named small value on a group or dataset.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.m "The Attribute Message".

import KerchunkBytes

/// An attribute with its value as stored; variable-length parts are still global heap ids.
struct AttributeMessage: Hashable, Sendable {
    let name: String
    let datatype: Datatype
    let dataspace: Dataspace
    let value: Bytes
    /// Order in which attributes were made, where the object tracks it.
    let creationOrder: UInt32?
}
