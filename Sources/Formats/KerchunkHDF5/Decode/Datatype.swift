// SPDX-License-Identifier: Apache-2.0
// The type of a dataset's or attribute's elements.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.d "The Datatype Message".

import KerchunkBytes

/// An element type in HDF5's terms.
indirect enum Datatype: Hashable, Sendable {
    /// Integers; `precision` bits from bit `bitOffset` on are significant.
    case fixedPoint(size: Int, ByteLayout, isSigned: Bool, bitOffset: Int, precision: Int)
    case floatingPoint(FloatLayout)
    /// Class 2, which no program supports; `size` in bytes.
    case time(size: Int, ByteLayout)
    case string(size: Int, StringPadding, CharacterSet)
    case bitField(size: Int, ByteLayout, bitOffset: Int, precision: Int)
    case opaque(size: Int, tag: String)
    case compound(size: Int, members: [CompoundMember])
    case reference(size: Int, ReferenceKind)
    case enumeration(base: Datatype, members: [EnumerationMember])
    case variableLengthSequence(size: Int, base: Datatype)
    case variableLengthString(size: Int, StringPadding, CharacterSet)
    case array(dimensions: [UInt64], base: Datatype, size: Int)
    /// Class 11 of format version 5: two floats.
    case complex(size: Int, base: Datatype)

    enum ByteLayout: Hashable, Sendable { case little, big, vax }
    enum StringPadding: Hashable, Sendable { case nullTerminated, nullPadded, spacePadded }
    enum CharacterSet: Hashable, Sendable { case ascii, utf8 }
    enum ReferenceKind: Hashable, Sendable {
        /// An object's address.
        case object
        /// A global heap id: object and selection.
        case region
        /// Version 2 references of HDF5 1.12: to objects, regions or attributes, told apart in their bytes.
        case general
    }

    /// A float's bits; all positions counted from the least significant bit.
    struct FloatLayout: Hashable, Sendable {
        let size: Int
        let byteLayout: ByteLayout
        let bitOffset: Int
        let precision: Int
        let signPosition: Int
        let exponentPosition: Int
        let exponentSize: Int
        let exponentBias: UInt32
        let mantissaPosition: Int
        let mantissaSize: Int
        /// 0 none, 1 the first bit is always set and stored, 2 it is implied.
        let mantissaNormalization: Int
    }

    struct CompoundMember: Hashable, Sendable {
        let name: String
        /// Bytes from the start of the element.
        let offset: Int
        let type: Datatype
    }

    struct EnumerationMember: Hashable, Sendable {
        let name: String
        /// As stored, in the base type's byte order.
        let value: [UInt8]
    }

    /// Bytes of one element as stored.
    var size: Int {
        switch self {
        case .fixedPoint(let size, _, _, _, _), .time(let size, _), .string(let size, _, _),
            .bitField(let size, _, _, _), .opaque(let size, _), .compound(let size, _),
            .reference(let size, _),
            .variableLengthSequence(let size, _), .variableLengthString(let size, _, _),
            .array(_, _, let size),
            .complex(let size, _):
            size
        case .floatingPoint(let layout): layout.size
        case .enumeration(let base, _): base.size
        }
    }
}
