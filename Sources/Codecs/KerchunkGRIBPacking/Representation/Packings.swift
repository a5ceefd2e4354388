// SPDX-License-Identifier: Apache-2.0
// Parameters of packings of edition 2, each as its template has them behind R, E, D and bits.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 5.2, 5.3, 5.42, 5.200.

import KerchunkBytes

/// Values in groups, each with a reference and a width of its own: templates 5.2 and 5.3.
package struct ComplexPacking: Hashable, Sendable {
    package var scaling: Scaling
    /// Code table 5.5: 0 none, 1 a value for what is missing, 2 also a second one.
    package var missingManagement: Int
    package var groupCount: Int
    package var widthReference: Int
    package var widthBits: Int
    package var lengthReference: Int
    package var lengthIncrement: Int
    package var lastLength: Int
    package var lengthBits: Int
    /// Whether it is template 5.3.
    package var isDifferenced: Bool
    /// Order of spatial differencing; 0 for none.
    package var differencingOrder: Int
    /// Octets of each number that differencing needs.
    package var extraOctets: Int

    init(parsing cursor: inout ByteCursor, isDifferenced: Bool) throws(ParseError) {
        scaling = try Scaling(edition2: &cursor)
        try cursor.skip(2)  // type of the values, way of splitting
        missingManagement = Int(try cursor.uint8())
        try cursor.skip(8)  // what users may put where values are missing
        groupCount = try cursor.unsigned(4)
        widthReference = Int(try cursor.uint8())
        widthBits = Int(try cursor.uint8())
        lengthReference = try cursor.unsigned(4)
        lengthIncrement = Int(try cursor.uint8())
        lastLength = try cursor.unsigned(4)
        lengthBits = Int(try cursor.uint8())
        self.isDifferenced = isDifferenced
        differencingOrder = isDifferenced ? Int(try cursor.uint8()) : 0
        extraOctets = isDifferenced ? Int(try cursor.uint8()) : 0
    }
}

/// CCSDS lossless compression: template 5.42.
package struct CCSDSPacking: Hashable, Sendable {
    package var scaling: Scaling
    /// Compression options: the flags of libaec.
    package var flags: Int
    package var blockSize: Int
    /// Reference sample interval, in blocks.
    package var interval: Int

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        scaling = try Scaling(edition2: &cursor)
        try cursor.skip(1)  // type of the values
        flags = Int(try cursor.uint8())
        blockSize = Int(try cursor.uint8())
        interval = try cursor.unsigned(2)
    }
}

/// Runs of levels: template 5.200.
package struct RunLengthPacking: Hashable, Sendable {
    package var bits: Int
    /// The largest level in the field; what is larger is a length.
    package var largestLevel: Int
    package var decimalScale: Int
    /// What levels from 1 on stand for, before they are scaled; level 0 is missing.
    package var levels: [Int]

    init(parsing cursor: inout ByteCursor, length: Int) throws(ParseError) {
        bits = Int(try cursor.uint8())
        largestLevel = try cursor.unsigned(2)
        let count = try cursor.unsigned(2)
        // one octet, so that the sign is its highest bit
        decimalScale = try cursor.signed(1)
        levels = []
        levels.reserveCapacity(min(count, cursor.remaining / 2))
        for _ in 0..<count { levels.append(try cursor.unsigned(2)) }
    }
}
