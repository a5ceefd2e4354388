// SPDX-License-Identifier: Apache-2.0
// The figure of the earth that a grid is defined on.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, code table 3.2 and octets 15 to 30 of section 3; edition 1, code
// table 7.

package import KerchunkBytes

/// An ellipsoid of revolution.
package struct Earth: Hashable, Sendable {
    /// Semi-axes, metres.
    package let major, minor: Double

    package var isSphere: Bool { major == minor }
    /// Eccentricity.
    var eccentricity: Double { isSphere ? 0 : (1 - (minor / major) * (minor / major)).squareRoot() }

    /// - Parameter cursor: at octet 15 of section 3.
    /// - Returns: nil for a figure that the message does not define.
    package static func parsing(_ cursor: inout ByteCursor) throws(ParseError) -> Earth? {
        let shape = Int(try cursor.uint8())
        var lengths: [Double?] = []
        for _ in 0..<3 {
            let scale = try cursor.uint8()
            let value = try cursor.unsigned(4)
            let isMissing = value == 0xFFFF_FFFF || scale == 0xFF
            lengths.append(
                isMissing ? nil : Double(value) * .repeatedPower(-Int(Int8(signAndMagnitude: scale)), of: 10))
        }
        let (radius, major, minor) = (lengths[0], lengths[1], lengths[2])
        func sphere(_ radius: Double?) -> Earth? { radius.flatMap { Earth(major: $0, minor: $0) } }
        func ellipsoid(_ major: Double?, _ minor: Double?) -> Earth? {
            guard let major, let minor else { return nil }
            return Earth(major: major, minor: minor)
        }
        switch shape {
        case 0: return sphere(6_367_470)
        case 1: return sphere(radius)
        case 2: return ellipsoid(6_378_160, 6_356_775)
        case 3: return ellipsoid(major.map { $0 * 1000 }, minor.map { $0 * 1000 })
        case 4: return ellipsoid(6_378_137, 6_356_752.314)
        case 5: return ellipsoid(6_378_137, 6_356_752.3142)
        case 6: return sphere(6_371_229)
        case 7: return ellipsoid(major, minor)
        case 8: return sphere(6_371_200)
        case 9: return ellipsoid(6_377_563.396, 6_356_256.909)
        default: return nil
        }
    }

    /// - Parameter flags: edition 1, octet 17 of section 2.
    package static func ofEdition1(_ flags: UInt8) -> Earth? {
        flags & 0x40 == 0
            ? Earth(major: 6_367_470, minor: 6_367_470) : Earth(major: 6_378_160, minor: 6_356_775)
    }

    private init?(major: Double, minor: Double) {
        guard major >= minor, minor > 0, major.isFinite else { return nil }
        self.major = major
        self.minor = minor
    }
}

extension Int8 {
    /// A number whose highest bit is the sign.
    package init(signAndMagnitude octet: UInt8) {
        let magnitude = Int8(octet & 0x7F)
        self = octet & 0x80 == 0 ? magnitude : -magnitude
    }
}
