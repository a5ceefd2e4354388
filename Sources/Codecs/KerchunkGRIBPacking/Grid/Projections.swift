// SPDX-License-Identifier: Apache-2.0
// From places on a plane to places on the earth.
// Spec: J. P. Snyder, Map Projections: A Working Manual, U.S. Geological Survey Professional Paper 1395 (1987), equations in
// the ellipsoidal form, which is that of the sphere where the eccentricity is 0.

import Glibc

/// Radians east of Greenwich and north of the equator; metres.
protocol PlaneProjection {
    func plane(latitude: Double, longitude: Double) -> (x: Double, y: Double)
    func geographic(x: Double, y: Double) -> (latitude: Double, longitude: Double)
}

/// What projections make of latitudes.
struct Ellipsoid {
    let major, eccentricity: Double

    init(_ earth: Earth) {
        major = earth.major
        eccentricity = earth.eccentricity
    }

    /// (14-15)
    func m(_ latitude: Double) -> Double {
        let s = eccentricity * sin(latitude)
        return cos(latitude) / (1 - s * s).squareRoot()
    }

    /// (15-9)
    func t(_ latitude: Double) -> Double {
        let tangent = tan(.pi / 4 - latitude / 2)
        guard eccentricity > 0 else { return tangent }
        let s = eccentricity * sin(latitude)
        return tangent / pow((1 - s) / (1 + s), eccentricity / 2)
    }

    /// The latitude of which `t` is made: (7-9).
    func latitude(t: Double) -> Double {
        var latitude = .pi / 2 - 2 * atan(t)
        guard eccentricity > 0 else { return latitude }
        for _ in 0..<15 {
            let s = eccentricity * sin(latitude)
            let next = .pi / 2 - 2 * atan(t * pow((1 - s) / (1 + s), eccentricity / 2))
            if abs(next - latitude) < 1e-14 { return next }
            latitude = next
        }
        return latitude
    }

    /// (3-12)
    func q(_ latitude: Double) -> Double {
        let sine = sin(latitude)
        guard eccentricity > 0 else { return 2 * sine }
        let s = eccentricity * sine
        let e = eccentricity
        return (1 - e * e) * (sine / (1 - s * s) - log((1 - s) / (1 + s)) / (2 * e))
    }

    /// The latitude of which `q` is made: (3-16).
    func latitude(q: Double) -> Double {
        var latitude = asin(min(1, max(-1, q / 2)))
        guard eccentricity > 0 else { return latitude }
        let e = eccentricity
        for _ in 0..<25 {
            let sine = sin(latitude)
            let s = e * sine
            let w = 1 - s * s
            let step =
                w * w / (2 * cos(latitude))
                * (q / (1 - e * e) - sine / w + log((1 - s) / (1 + s)) / (2 * e))
            guard step.isFinite else { return latitude }
            latitude += step
            if abs(step) < 1e-14 { break }
        }
        return latitude
    }
}

/// Chapter 7.
struct MercatorProjection: PlaneProjection {
    let ellipsoid: Ellipsoid
    let central: Double
    let scale: Double

    init(_ ellipsoid: Ellipsoid, trueLatitude: Double, central: Double) {
        self.ellipsoid = ellipsoid
        self.central = central
        scale = ellipsoid.major * ellipsoid.m(trueLatitude)
    }

    func plane(latitude: Double, longitude: Double) -> (x: Double, y: Double) {
        (scale * (longitude - central), -scale * log(ellipsoid.t(latitude)))
    }

    func geographic(x: Double, y: Double) -> (latitude: Double, longitude: Double) {
        (ellipsoid.latitude(t: exp(-y / scale)), central + x / scale)
    }
}

/// Chapter 21.
struct PolarStereographicProjection: PlaneProjection {
    let ellipsoid: Ellipsoid
    let central: Double
    /// 1 for the north pole, -1 for the south pole.
    let pole: Double
    /// Metres for each unit of `t`.
    let scale: Double

    init(_ ellipsoid: Ellipsoid, trueLatitude: Double, central: Double, isSouth: Bool) {
        self.ellipsoid = ellipsoid
        self.central = central
        pole = isSouth ? -1 : 1
        let latitude = abs(trueLatitude)
        let e = ellipsoid.eccentricity
        scale =
            abs(latitude - .pi / 2) < 1e-10
            ? 2 * ellipsoid.major / (pow(1 + e, 1 + e) * pow(1 - e, 1 - e)).squareRoot()
            : ellipsoid.major * ellipsoid.m(latitude) / ellipsoid.t(latitude)
    }

    func plane(latitude: Double, longitude: Double) -> (x: Double, y: Double) {
        let radius = scale * ellipsoid.t(pole * latitude)
        return (radius * sin(longitude - central), -pole * radius * cos(longitude - central))
    }

    func geographic(x: Double, y: Double) -> (latitude: Double, longitude: Double) {
        let radius = (x * x + y * y).squareRoot()
        let longitude = radius == 0 ? central : central + atan2(x, -pole * y)
        return (pole * ellipsoid.latitude(t: radius / scale), longitude)
    }
}

/// Chapter 15.
struct LambertConformalProjection: PlaneProjection {
    let ellipsoid: Ellipsoid
    let central: Double
    let n, scale: Double

    init(_ ellipsoid: Ellipsoid, _ one: Double, _ two: Double, central: Double) {
        self.ellipsoid = ellipsoid
        self.central = central
        let (m, t) = (ellipsoid.m(one), ellipsoid.t(one))
        n =
            abs(one - two) < 1e-9
            ? sin(one) : log(m / ellipsoid.m(two)) / log(t / ellipsoid.t(two))
        scale = ellipsoid.major * m / (n * pow(t, n))
    }

    func plane(latitude: Double, longitude: Double) -> (x: Double, y: Double) {
        let radius = scale * pow(ellipsoid.t(latitude), n)
        let angle = n * remainder(longitude - central, 2 * .pi)
        return (radius * sin(angle), -radius * cos(angle))
    }

    func geographic(x: Double, y: Double) -> (latitude: Double, longitude: Double) {
        let side = n < 0 ? -1.0 : 1.0
        let radius = side * (x * x + y * y).squareRoot()
        let angle = atan2(side * x, -side * y)
        return (ellipsoid.latitude(t: pow(radius / scale, 1 / n)), central + angle / n)
    }
}

/// Chapter 14.
struct AlbersProjection: PlaneProjection {
    let ellipsoid: Ellipsoid
    let central: Double
    let n, c: Double

    init(_ ellipsoid: Ellipsoid, _ one: Double, _ two: Double, central: Double) {
        self.ellipsoid = ellipsoid
        self.central = central
        let (m, q) = (ellipsoid.m(one), ellipsoid.q(one))
        let other = ellipsoid.m(two)
        n = abs(one - two) < 1e-9 ? sin(one) : (m * m - other * other) / (ellipsoid.q(two) - q)
        c = m * m + n * q
    }

    func plane(latitude: Double, longitude: Double) -> (x: Double, y: Double) {
        let radius = ellipsoid.major * (c - n * ellipsoid.q(latitude)).squareRoot() / n
        let angle = n * remainder(longitude - central, 2 * .pi)
        return (radius * sin(angle), -radius * cos(angle))
    }

    func geographic(x: Double, y: Double) -> (latitude: Double, longitude: Double) {
        let side = n < 0 ? -1.0 : 1.0
        let relative = (x * x + y * y).squareRoot() * n / ellipsoid.major
        return (
            ellipsoid.latitude(q: (c - relative * relative) / n), central + atan2(side * x, -side * y) / n
        )
    }
}

/// Chapter 24.
struct LambertAzimuthalProjection: PlaneProjection {
    let ellipsoid: Ellipsoid
    let central: Double
    /// The authalic latitude of the centre.
    let sinCentre, cosCentre: Double
    /// The radius of the sphere of equal area, and the stretching of x.
    let radius, stretch: Double
    let polarQ: Double

    init(_ ellipsoid: Ellipsoid, latitude: Double, central: Double) {
        self.ellipsoid = ellipsoid
        self.central = central
        polarQ = ellipsoid.q(.pi / 2)
        let beta = asin(min(1, max(-1, ellipsoid.q(latitude) / polarQ)))
        (sinCentre, cosCentre) = (sin(beta), cos(beta))
        radius = ellipsoid.major * (polarQ / 2).squareRoot()
        stretch = cosCentre < 1e-12 ? 1 : ellipsoid.major * ellipsoid.m(latitude) / (radius * cosCentre)
    }

    func plane(latitude: Double, longitude: Double) -> (x: Double, y: Double) {
        let beta = asin(min(1, max(-1, ellipsoid.q(latitude) / polarQ)))
        let angle = longitude - central
        let b =
            radius
            * (2 / (1 + sinCentre * sin(beta) + cosCentre * cos(beta) * cos(angle))).squareRoot()
        return (
            b * stretch * cos(beta) * sin(angle),
            b / stretch * (cosCentre * sin(beta) - sinCentre * cos(beta) * cos(angle))
        )
    }

    func geographic(x: Double, y: Double) -> (latitude: Double, longitude: Double) {
        let (u, v) = (x / stretch, y * stretch)
        let rho = (u * u + v * v).squareRoot()
        let c = 2 * asin(min(1, rho / (2 * radius)))
        let sine = rho == 0 ? sinCentre : cos(c) * sinCentre + v * sin(c) * cosCentre / rho
        let angle = rho == 0 ? 0 : atan2(u * sin(c), rho * cosCentre * cos(c) - v * sinCentre * sin(c))
        return (ellipsoid.latitude(q: polarQ * min(1, max(-1, sine))), central + angle)
    }
}
