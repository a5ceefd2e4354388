// SPDX-License-Identifier: Apache-2.0
// Where the points of a grid lie, decoded once.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 3.0 to 3.140.

import KerchunkBytes

/// Degrees as a message has them: an integer of parts.
package struct Angle: Hashable, Sendable {
    /// A part is `numerator / denominator` degrees.
    package struct Unit: Hashable, Sendable {
        package let numerator, denominator: Int

        package static let microdegree = Unit(numerator: 1, denominator: 1_000_000)
        package static let millidegree = Unit(numerator: 1, denominator: 1000)
    }

    package let coded: Int
    package let unit: Unit

    package var degrees: Double { Double(coded) * Double(unit.numerator) / Double(unit.denominator) }
}

/// A grid of rows of equal latitude, in its own coordinates: templates 3.0, 3.1, 3.40, 3.41.
package struct LatitudeLongitudeGrid: Hashable, Sendable {
    package let firstLatitude, firstLongitude, lastLatitude, lastLongitude: Angle
    /// nil where they are not given.
    package let iIncrement, jIncrement: Angle?
    /// Gaussian grids: rows between a pole and the equator.
    package let gaussianNumber: Int?
    package let rotation: Rotation?
}

/// The grid's own south pole, degrees.
package struct Rotation: Hashable, Sendable {
    package let southPoleLatitude, southPoleLongitude: Double
    /// About the new axis.
    package let angle: Double
}

/// A grid of equal steps on a plane: templates 3.10, 3.20, 3.30, 3.31, 3.140.
package struct ProjectedGrid: Hashable, Sendable {
    package enum Projection: Hashable, Sendable {
        case mercator(trueLatitude: Double)
        case polarStereographic(trueLatitude: Double, isSouth: Bool)
        case lambertConformal(Double, Double)
        case albers(Double, Double)
        case lambertAzimuthal(latitude: Double)
    }

    package let projection: Projection
    package let firstLatitude, firstLongitude: Double
    /// The meridian that is parallel to the columns.
    package let centralLongitude: Double
    /// Steps, metres.
    package let iStep, jStep: Double
}

/// The earth as a satellite sees it: template 3.90.
package struct SpaceViewGrid: Hashable, Sendable {
    package let latitude, longitude: Double
    /// The earth's apparent diameter in steps of the grid.
    package let xDiameter, yDiameter: Double
    /// The point below the satellite, in steps from the origin, and the first point.
    package let xBelow, yBelow, xOrigin, yOrigin: Double
    package let orientation: Double
    /// Of the camera from the earth's centre, in its radii.
    package let height: Double
}

package struct GridGeometry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case latitudeLongitude(LatitudeLongitudeGrid)
        case projected(ProjectedGrid)
        case spaceView(SpaceViewGrid)
        /// A message does not say where its points lie, or this is not known here; why, in words.
        case unknown(String)
    }

    package let layout: GridLayout
    package let kind: Kind
    /// nil where the message does not define it.
    package let earth: Earth?

    package init(layout: GridLayout, kind: Kind, earth: Earth?) {
        self.layout = layout
        self.kind = kind
        self.earth = earth
    }
}

extension GRIBField {
    /// The grid's geometry; nil where the message has no section with a grid (edition 1).
    package var gridGeometry: GridGeometry? {
        get throws(ParseError) {
            guard let place = sections.grid, let layout = try gridLayout else { return nil }
            return try parse(place, "GRIB grid definition section") { (cursor) throws(ParseError) in
                edition == 1
                    ? try GridGeometry(edition1: &cursor, layout)
                    : try GridGeometry(edition2: &cursor, layout)
            }
        }
    }
}
