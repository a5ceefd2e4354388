// SPDX-License-Identifier: Apache-2.0
// Raw data in other files.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.h "The Data Storage - External Data Files Message".

import KerchunkBytes

/// One run of a contiguous dataset in another file; runs follow each other.
struct ExternalFileSlot: Hashable, Sendable {
    /// As stored; relative names are relative to the file's own folder.
    let name: String
    /// Bytes from the start of that file.
    let offset: UInt64
    /// Bytes; nil where the last run is unlimited.
    let size: UInt64?
}
