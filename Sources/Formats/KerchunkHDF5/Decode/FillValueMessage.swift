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

extension FillValueMessage {
    /// The message of type 0x0005.
    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("fill value message")
        let version = try cursor.uint8()
        let isDefined: Bool
        switch version {
        case 1, 2:
            try cursor.skip(2)  // space allocation time, fill value write time
            let state = try cursor.uint8()
            isDefined = state != 0
            if !isDefined {
                value = .undefined
                return
            }
        case 3:
            let flags = try cursor.uint8()
            if flags & 0x10 != 0 {
                guard flags & 0x20 == 0 else {
                    throw cursor.error("a fill value that is both defined and undefined")
                }
                value = .undefined
                return
            }
            isDefined = flags & 0x20 != 0
        default:
            throw cursor.error("version \(version), expected 1 to 3")
        }
        value = isDefined ? try Self.element(&cursor) : .standard
    }

    /// The message of type 0x0004, which HDF5 before 1.6 wrote, and later versions for the readers of then.
    init(parsingOld cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("fill value (old) message")
        let element = try Self.element(&cursor)
        // As the HDF5 library: the old message knows no default.
        value = element == .standard ? .undefined : element
    }

    private static func element(_ cursor: inout ByteCursor) throws(ParseError) -> Value {
        let size = try cursor.uint32()
        // Sizes of 0 and -1 both stand for the default here.
        if size == 0 || size == UInt32.max { return .standard }
        return .element(try cursor.bytes(Int(size)))
    }
}
