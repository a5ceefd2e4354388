// SPDX-License-Identifier: Apache-2.0
// What a field of edition 1 is. Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 1, section 1.

import KerchunkBytes
import KerchunkGRIBPacking

extension CodedKeys {
    private static let beforeLevel: [Octets] = [
        .skip(3), Octets(.table2Version, 1), Octets(.centre, 1), Octets(.generatingProcessIdentifier, 1),
        .skip(2), Octets(.indicatorOfParameter, 1), Octets(.indicatorOfTypeOfLevel, 1),
    ]
    private static let layer: [Octets] = [
        Octets(.topLevel, 1, .optional), Octets(.bottomLevel, 1, .optional),
    ]
    private static let behindLevel: [Octets] = [
        Octets(.yearOfCentury, 1), Octets(.month, 1), Octets(.day, 1), Octets(.hour, 1), Octets(.minute, 1),
        Octets(.unitOfTimeRange, 1), Octets(.periodOne, 1), Octets(.periodTwo, 1),
        Octets(.timeRangeIndicator, 1), Octets(.numberIncludedInAverage, 2), .skip(1),
        Octets(.centuryOfReferenceTimeOfData, 1), Octets(.subCentre, 1), .skip(2),
    ]
    /// Code table 3: types of level that have two values.
    private static let layers: Set<Int> = [101, 104, 106, 108, 110, 112, 114, 116, 120, 121, 128, 141]

    /// Section 1 of edition 1, from its first octet on.
    mutating func readEdition1Product(_ cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("GRIB product definition section")
        try read(Self.beforeLevel, &cursor)
        if Self.layers.contains(self[.indicatorOfTypeOfLevel] ?? 0) {
            try read(Self.layer, &cursor)
            self[.level] = self[.topLevel]
        } else {
            let level = try Octets(.level, 2, .optional).read(&cursor)
            for key in [GRIBKey.level, .topLevel, .bottomLevel] { self[key] = level }
        }
        try read(Self.behindLevel, &cursor)
        self[.second] = 0
        if let century = self[.centuryOfReferenceTimeOfData], let year = self[.yearOfCentury] {
            self[.year] = (century - 1) * 100 + year
        }
        guard cursor.remaining > 12 else { return }
        try cursor.skip(12)
        try readLocalPartOfEdition1(&cursor)
    }
}
