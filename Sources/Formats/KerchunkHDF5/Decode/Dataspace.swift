// SPDX-License-Identifier: Apache-2.0
// The shape of a dataset or attribute.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.b "The Dataspace Message".

import KerchunkBytes

/// The extent of a dataset or attribute.
struct Dataspace: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// One element.
        case scalar
        case simple
        /// No element, not even one of zero.
        case null
    }

    let kind: Kind
    /// Elements along each axis; empty unless `kind` is `simple`.
    let dimensions: [UInt64]
    /// Largest extents, nil where unlimited; equal to `dimensions` where the file gives none.
    let maximum: [UInt64?]

    /// Elements in all; nil where they do not fit into 64 bits.
    var elementCount: UInt64? { kind == .null ? 0 : checkedProduct(dimensions) }
}
