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
        switch self[.productionStatusOfProcessedData] ?? 0 {
        case 12, 13:
            // Destination Earth: version, data set, activity, experiment, generation
            guard cursor.remaining >= 14 else { return }
            try cursor.skip(5 + 2 + 6)
            self[.generation] = try cursor.unsigned(1)
            return
        // data sets of several centres, which have sections of their own
        case 4...17: return
        default: break
        }
        guard hasECMWFLocalForm, cursor.remaining >= 7 else { return }
        try cursor.skip(5)
        let number = try cursor.unsigned(2)
        guard number != 0, cursor.remaining >= 10 else { return }
        try read(Self.labels, &cursor)
        try cursor.skip(4)  // experiment
        guard Self.definitionsWithMembers.contains(number), cursor.remaining >= 2 else { return }
        self[.localNumber] = try cursor.unsigned(1)
        self[.localTotalNumber] = try cursor.unsigned(1)
    }

    /// Definitions of edition 2 that begin with a member (of iterations, components) and how many there are.
    private static let definitionsWithMembers: Set<Int> = [7, 20, 25, 38, 39]

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
        /// Octets behind the number: system, method, verifying month, averaging period, forecast month, and others.
        var isMonthly = false
        /// Date and time of the archive's index behind the total.
        var hasIndexingTime = false
    }

    private static let members: [Int: Members] = {
        var found: [Int: Members] = [:]
        for definition in [1, 2, 5, 7, 10, 14, 18, 19, 26, 27, 28, 29, 30, 31, 32, 36, 37, 40, 50] {
            found[definition] = Members()
        }
        for definition in [17, 25, 39, 49] { found[definition] = Members(total: 0) }
        found[12] = Members(number: 2, between: 11, total: 2, isMonthly: true, hasIndexingTime: true)
        found[16] = Members(number: 2, between: 11, total: 2, isMonthly: true)
        found[13] = Members(isWave: true)
        found[15] = Members(number: 2, between: 4, total: 2)
        found[23] = Members(number: 2, between: 29, total: 2, isMonthly: true)
        for definition in [3, 4, 6, 8, 9, 11, 20, 21, 24, 33, 35, 38] {
            found[definition] = Members(number: 0, total: 0)
        }
        return found
    }()

    private mutating func readMembers(_ members: Members, _ cursor: inout ByteCursor) throws(ParseError) {
        guard cursor.remaining >= members.number + members.between + members.total else { return }
        if members.number > 0 { self[.localNumber] = try cursor.unsigned(members.number) }
        let behind = cursor.position + members.between
        if members.isMonthly {
            try read([.skip(4), Octets(.verifyingMonth, 4), .skip(1), Octets(.forecastMonth, 2)], &cursor)
        }
        try cursor.seek(to: behind)
        if members.total > 0 { self[.localTotalNumber] = try cursor.unsigned(members.total) }
        if members.hasIndexingTime, cursor.remaining >= 6 {
            try read([Octets(.indexingDate, 4), Octets(.indexingTime, 2)], &cursor)
        }
        guard members.isWave, cursor.remaining >= 4 else { return }
        try read(
            [
                Octets(.directionNumber, 1), Octets(.frequencyNumber, 1), Octets(.numberOfDirections, 1),
                Octets(.numberOfFrequencies, 1),
            ], &cursor)
    }
}
