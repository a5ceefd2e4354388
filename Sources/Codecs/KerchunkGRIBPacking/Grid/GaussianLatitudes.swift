// SPDX-License-Identifier: Apache-2.0
// Latitudes of Gaussian grids: the zeros of Legendre polynomials.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, template 3.40, note 1; M. Abramowitz and I. A. Stegun, Handbook of
// Mathematical Functions, 22.16.6 for the first guess.

import Glibc
import KerchunkModel

enum GaussianLatitudes {
    /// More rows than any model has; the time that they take grows with the square.
    static let largestNumber = 65_536

    /// Degrees, from north to south: `2 * number` rows.
    static func all(_ number: Int) throws(KerchunkError) -> [Double] {
        guard (1...largestNumber).contains(number) else {
            throw .unsupportedField(
                "a Gaussian grid of \(number) rows between pole and equator, at most \(largestNumber) are known"
            )
        }
        let north = (0..<number).map { latitude($0, degree: 2 * number) }
        return north + north.reversed().map { -$0 }
    }

    /// Rows `first` to `first + count - 1` are needed only, so the others are not computed.
    static func some(_ number: Int, from first: Int, count: Int) -> [Double] {
        (first..<first + count).map { row in
            row < number
                ? latitude(row, degree: 2 * number) : -latitude(2 * number - 1 - row, degree: 2 * number)
        }
    }

    /// The row, from the north pole, that is nearest to `latitude` degrees.
    static func row(nearest latitude: Double, _ number: Int) -> Int {
        // A row's guess is right to a small part of the distance between rows.
        let theta = (90 - latitude) * .pi / 180
        let row = (theta * (Double(2 * number) + 0.5) / .pi - 0.75).rounded()
        return min(max(0, row.isFinite ? Int(max(-1, min(row, 1e9))) : 0), 2 * number - 1)
    }

    /// Newton's method from a guess that lies at the zero already.
    static func latitude(_ row: Int, degree: Int) -> Double {
        let n = Double(degree)
        let guess = .pi * (Double(row) + 0.75) / (n + 0.5)
        var x = (1 - 1 / (8 * n * n) + 1 / (8 * n * n * n)) * cos(guess)
        for _ in 0..<10 {
            var (before, now) = (1.0, x)
            var k = 2.0
            while k <= n {
                (before, now) = (now, ((2 * k - 1) * x * now - (k - 1) * before) / k)
                k += 1
            }
            let slope = n * (x * now - before) / (x * x - 1)
            let step = now / slope
            x -= step
            if abs(step) <= 1e-15 { break }
        }
        return asin(x) * 180 / .pi
    }
}
