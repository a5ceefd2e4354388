// SPDX-License-Identifier: Apache-2.0
// Local sections of ECMWF: class, type and stream, and the member of an ensemble where only they tell it.
// Sections of others are opaque. Spec: ECMWF local GRIB definitions.

import KerchunkBytes
import KerchunkGRIBPacking

extension CodedKeys {
    private static let labels: [Octets] = [
        Octets(.marsClass, 2), Octets(.marsType, 2), Octets(.marsStream, 2),
    ]
    private static let labelsOfEdition1: [Octets] = [
        Octets(.marsClass, 1), Octets(.marsType, 1), Octets(.marsStream, 2), .skip(4),
    ]

    /// Section 2 of edition 2, from its first octet on; section 1 was read before.
    mutating func readLocalSection(_ cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("GRIB local use section")
        // Data sets of several centres (production status 4 to 17) have sections of their own.
        guard hasECMWFLocalForm, !(4...17).contains(self[.productionStatusOfProcessedData] ?? 0) else {
            return
        }
        try cursor.skip(5)
        guard cursor.remaining >= 2 else { return }
        let number = try cursor.unsigned(2)
        guard number != 0, cursor.remaining >= 10 else { return }
        try read(Self.labels, &cursor)
        try cursor.skip(4)  // experiment
        switch number {
        case 20,
            38 where cursor.remaining >= 2:
            self[.localNumber] = try cursor.unsigned(1)
            self[.localTotalNumber] = try cursor.unsigned(1)
        default: break
        }
    }

    /// Octets behind 40 of edition 1's section 1; what comes before them was read.
    mutating func readLocalPartOfEdition1(_ cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("GRIB local part of section 1")
        guard cursor.remaining >= 1 else { return }
        let definition = try cursor.unsigned(1)
        guard hasECMWFLocalForm, let members = Self.members[definition], cursor.remaining >= 8 else { return }
        try read(Self.labelsOfEdition1, &cursor)
        try readMembers(members, &cursor)
    }

    /// Where a local definition has the number of the member and how many there are: octets between, and widths.
    private struct Members {
        var number = 1
        var between = 0
        var total = 1
        var isWave = false
    }

    private static let members: [Int: Members] = {
        var found: [Int: Members] = [:]
        for definition in [1, 2, 5, 7, 13, 14, 17, 18, 19, 26, 27, 28, 29, 30, 31, 32, 36, 37, 40, 49, 50] {
            found[definition] = Members()
        }
        found[13] = Members(isWave: true)
        found[15] = Members(number: 2, between: 4, total: 2)
        for definition in [12, 16] { found[definition] = Members(number: 2, between: 11, total: 2) }
        found[23] = Members(number: 2, total: 0)
        for definition in [3, 4, 6, 9, 10, 11, 20, 21, 24, 25, 33, 35, 38, 39] {
            found[definition] = Members(number: 0, total: 0)
        }
        return found
    }()

    private mutating func readMembers(_ members: Members, _ cursor: inout ByteCursor) throws(ParseError) {
        guard cursor.remaining >= members.number + members.between + members.total else { return }
        if members.number > 0 { self[.localNumber] = try cursor.unsigned(members.number) }
        try cursor.skip(members.between)
        if members.total > 0 { self[.localTotalNumber] = try cursor.unsigned(members.total) }
        guard members.isWave, cursor.remaining >= 4 else { return }
        try read(
            [
                Octets(.directionNumber, 1), Octets(.frequencyNumber, 1), Octets(.numberOfDirections, 1),
                Octets(.numberOfFrequencies, 1),
            ], &cursor)
    }
}
