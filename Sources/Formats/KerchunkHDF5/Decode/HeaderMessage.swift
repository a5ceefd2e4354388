// SPDX-License-Identifier: Apache-2.0
// The messages of object headers, before they are understood.
// Spec: HDF5 File Format Specification 3.0, IV.A.2 "Data Object Header Messages".

import KerchunkBytes

/// One message of an object header.
struct HeaderMessage: Sendable {
    /// What a message says.
    enum Kind: UInt16, Sendable {
        case null = 0x00
        case dataspace = 0x01
        case linkInfo = 0x02
        case datatype = 0x03
        case fillValueOld = 0x04
        case fillValue = 0x05
        case link = 0x06
        case externalFiles = 0x07
        case dataLayout = 0x08
        case groupInfo = 0x0A
        case filterPipeline = 0x0B
        case attribute = 0x0C
        case comment = 0x0D
        case modificationTimeOld = 0x0E
        case sharedMessageTable = 0x0F
        case continuation = 0x10
        case symbolTable = 0x11
        case modificationTime = 0x12
        case treeWidths = 0x13
        case driverInformation = 0x14
        case attributeInfo = 0x15
        case referenceCount = 0x16
        case fileSpaceInformation = 0x17
        case cacheImage = 0x18
        /// Any other: passed over, unless its flags demand to be understood.
        case unknown = 0xFFFF
    }

    let kind: Kind
    let flags: UInt8
    /// Where the header tracks the order of attributes.
    let creationOrder: UInt16?
    let body: Bytes
    /// Of the body, absolute.
    let offset: UInt64

    /// Whether the body only names the place of the message.
    var isShared: Bool { flags & 0x02 != 0 }

    func parse<R>(
        in structure: StaticString, _ read: (inout ByteCursor) throws(ParseError) -> R
    ) throws(ParseError) -> R {
        try body.parse(at: offset, in: structure, read)
    }
}
