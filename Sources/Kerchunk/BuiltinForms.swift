// SPDX-License-Identifier: Apache-2.0
// The forms of reference sets that come with this package.

public import KerchunkReferences

public enum BuiltinForms {
    /// Outputs whose names tell nothing are JSON.
    public static let directory = FormDirectory(JSONForm(), [ParquetForm(), PackedForm()])
}
