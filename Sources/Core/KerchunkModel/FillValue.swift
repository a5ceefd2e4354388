// SPDX-License-Identifier: Apache-2.0
// What a reader sees where a chunk is missing.

public import KerchunkBytes

/// The value of elements that no chunk holds.
public enum FillValue: Hashable, Sendable {
    /// Not said: Zarr v2's `null`. Readers show zeros and xarray masks nothing.
    case none
    /// One element, encoded as in a decoded chunk (`DataType.size` bytes, in the type's byte order).
    case element(Bytes)
    /// For types whose chunks hold objects.
    case text(String)
}
