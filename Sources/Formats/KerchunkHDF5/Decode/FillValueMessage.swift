// SPDX-License-Identifier: Apache-2.0
// What HDF5 shows where nothing was written.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.e "The Data Storage - Fill Value (Old) Message", IV.A.2.f.

import KerchunkBytes

/// A dataset's own fill value; netCDF's `_FillValue` attribute is another thing.
struct FillValueMessage: Hashable, Sendable {
    enum Value: Hashable, Sendable {
        /// The library's default: zeros.
        case standard
        /// The user undefined it: unwritten elements are whatever lies there; readers show zeros.
        case undefined
        /// One element as stored.
        case element([UInt8])
    }

    let value: Value
}
