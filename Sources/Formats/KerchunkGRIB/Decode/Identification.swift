// SPDX-License-Identifier: Apache-2.0
// Who made a message, and when it is from. Spec: WMO Manual on Codes I.2, edition 2, section 1.

import KerchunkBytes

extension CodedKeys {
    private static let identification: [Octets] = [
        .skip(5), Octets(.centre, 2), Octets(.subCentre, 2), Octets(.tablesVersion, 1),
        Octets(.localTablesVersion, 1), Octets(.significanceOfReferenceTime, 1), Octets(.year, 2),
        Octets(.month, 1), Octets(.day, 1), Octets(.hour, 1), Octets(.minute, 1), Octets(.second, 1),
        Octets(.productionStatusOfProcessedData, 1), Octets(.typeOfProcessedData, 1),
    ]

    /// Section 1 of edition 2, from its first octet on.
    mutating func readIdentification(_ cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("GRIB identification section")
        try read(Self.identification, &cursor)
    }

    /// ECMWF's local section is there, and in ECMWF's form.
    var hasECMWFLocalForm: Bool { self[.centre] == 98 || self[.subCentre] == 98 }
}
