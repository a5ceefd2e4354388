// SPDX-License-Identifier: Apache-2.0
// How wide offsets and lengths are in a file.
// Spec: HDF5 File Format Specification 3.0, II.A "Format Signature and Superblock".

import KerchunkBytes

/// The widths that the superblock declares, in bytes.
struct FieldSizes: Hashable, Sendable {
    var offset = 8
    var length = 8
}

/// An address in the file; nil stands for HDF5's "undefined address" (all bits set).
typealias Address = UInt64?

extension ByteCursor {
    /// An address, relative to the superblock's base address; nil where it is undefined.
    @inline(__always) mutating func address(_ sizes: FieldSizes) throws(ParseError) -> Address {
        if sizes.offset > 8 { return try wideAddress(sizes) }
        let value = try uint(width: sizes.offset)
        let undefined = sizes.offset >= 8 ? UInt64.max : (1 << UInt64(8 * sizes.offset)) - 1
        return value == undefined ? nil : value
    }

    /// The undefined address is the only one of more than 8 bytes whose upper bytes are not zero.
    private mutating func wideAddress(_ sizes: FieldSizes) throws(ParseError) -> Address {
        let start = position
        if try bytes(sizes.offset).allSatisfy({ $0 == 0xFF }) { return nil }
        try seek(to: start)
        return try uint(width: sizes.offset)
    }

    /// An address that must be there.
    mutating func definedAddress(_ sizes: FieldSizes, of what: StaticString) throws(ParseError) -> UInt64 {
        guard let address = try address(sizes) else { throw error("the address of the \(what) is undefined") }
        return address
    }

    mutating func length(_ sizes: FieldSizes) throws(ParseError) -> UInt64 { try uint(width: sizes.length) }
}
