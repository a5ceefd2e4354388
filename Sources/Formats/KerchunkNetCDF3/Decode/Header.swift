// SPDX-License-Identifier: Apache-2.0
// What a header says. Spec: NetCDF Classic Format, "The Format in Detail".

import KerchunkBytes

/// How wide counts and offsets are.
enum HeaderVersion: UInt8, Sendable, CaseIterable {
    case classic = 1
    case offset64 = 2
    case data64 = 5

    /// The first bytes of the file.
    var signature: [UInt8] { [0x43, 0x44, 0x46, rawValue] }
    /// Bytes of a count, a length, a dimension's number.
    var countWidth: Int { self == .data64 ? 8 : 4 }
    /// Bytes of `begin`.
    var offsetWidth: Int { self == .classic ? 4 : 8 }
}

/// The header of a file, which comes before all data.
struct Header: Sendable {
    let version: HeaderVersion
    /// Records of the file; nil where its writer could not go back to say (STREAMING).
    let recordCount: UInt64?
    let dimensions: [Dimension]
    let attributes: [Attribute]
    let variables: [Variable]
    /// Bytes, padding included.
    let size: UInt64

    struct Dimension: Sendable {
        let name: FileText
        /// Nil for the record dimension, whose length is the number of records.
        let length: UInt64?
    }

    struct Attribute: Sendable {
        let name: FileText
        let type: ElementType
        /// Elements.
        let count: Int
        /// The elements side by side, without padding.
        let values: Bytes
    }

    struct Variable: Sendable {
        let name: FileText
        /// Indices into the dimensions, slowest first; all are inside.
        let dimensions: [Int]
        let attributes: [Attribute]
        let type: ElementType
        /// Where its data, or its part of the first record, begins.
        let begin: UInt64
        /// Where the header speaks of it.
        let offset: UInt64
    }
}
