// SPDX-License-Identifier: Apache-2.0
// Types of elements. Spec: NetCDF Classic Format, "nc_type"; those from 7 on are CDF-5's.

import KerchunkModel

/// What an element of a variable or an attribute is.
enum ElementType: UInt32, Sendable, CaseIterable {
    case byte = 1
    case char
    case short
    case int
    case float
    case double
    case unsignedByte
    case unsignedShort
    case unsignedInt
    case int64
    case unsignedInt64

    /// Bytes of one element.
    var size: Int {
        switch self {
        case .byte, .char, .unsignedByte: 1
        case .short, .unsignedShort: 2
        case .int, .float, .unsignedInt: 4
        case .double, .int64, .unsignedInt64: 8
        }
    }

    /// The same in Zarr's words.
    var dataType: DataType {
        switch self {
        case .char: .fixedBytes(length: 1)
        case .float, .double: .float(width: size, .big)
        case .byte, .short, .int, .int64: .integer(isSigned: true, width: size, .big)
        case .unsignedByte, .unsignedShort, .unsignedInt, .unsignedInt64:
            .integer(isSigned: false, width: size, .big)
        }
    }
}
