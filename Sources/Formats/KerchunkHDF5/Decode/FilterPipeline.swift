// SPDX-License-Identifier: Apache-2.0
// The filters that chunks went through.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.l "The Data Storage - Filter Pipeline Message".

import KerchunkBytes

/// One filter, in the order in which they were applied when writing.
struct Filter: Hashable, Sendable {
    /// As registered with The HDF Group: 1 deflate, 2 shuffle, 3 fletcher32, 4 szip, 5 nbit, 6 scale-offset, …
    let id: UInt16
    let name: String?
    let isOptional: Bool
    let clientData: [UInt32]
}
