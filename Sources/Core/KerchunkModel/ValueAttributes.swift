// SPDX-License-Identifier: Apache-2.0
// Attributes by which readers make values of stored numbers: with others, the same bytes are other values.
// Spec: CF conventions 1.11, 2.5.1, 4.4 and 8.1; NetCDF Users Guide for `_Unsigned`.

/// The names of such attributes, by what they are about.
package enum ValueAttributes {
    package static let time = ["units", "calendar"]
    package static let scaling = ["scale_factor", "add_offset"]
    /// How numbers are packed into smaller ones.
    package static let packing = scaling + ["_Unsigned"]
    /// Which numbers mean that there is no value.
    package static let masking = [MissingData.attribute, "missing_value"]
    package static let all = time + packing + masking
}
