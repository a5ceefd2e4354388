// SPDX-License-Identifier: Apache-2.0
// Latitudes of Gaussian grids: the zeros of Legendre polynomials.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, template 3.40, note 1; M. Abramowitz and I. A. Stegun, Handbook of
// Mathematical Functions, 22.16.6 for the first guess.

import Glibc

enum GaussianLatitudes {
    /// Twice as many rows as the finest models have. The time that they take grows with the square: 2 s for these.
    static let largestNumber = 16_384

    /// Degrees of `count` of the `2 * number` rows, from row `first` on; row 0 is the northernmost.
    static func rows(_ number: Int, from first: Int, count: Int) -> [Double] {
        let rows = first..<first + count
        // Rows of the south are those of the north with another sign.
        let northern = rows.isEmpty ? 0..<0 : min(first, 2 * number - rows.upperBound)..<number
        let recurrence = Recurrence(degree: 2 * number)
        var known: [Double] = []
        for row in northern where rows.contains(row) || rows.contains(2 * number - 1 - row) {
            known.append(recurrence.latitude(row))
        }
        // What is asked for lies in the north up to here.
        let last = northern.lowerBound + known.count - 1
        return rows.map { row in
            let mirrored = min(row, 2 * number - 1 - row)
            let latitude = known[min(mirrored, last) - northern.lowerBound]
            return row < number ? latitude : -latitude
        }
    }

    /// The row, from the north pole, that is nearest to `latitude` degrees.
    static func row(nearest latitude: Double, _ number: Int) -> Int {
        // A row's guess is right to a small part of the distance between rows.
        let theta = (90 - latitude) * .pi / 180
        let row = (theta * (Double(2 * number) + 0.5) / .pi - 0.75).rounded()
        return row.isNaN ? 0 : Int(min(max(0, row), Double(2 * number - 1)))
    }
}

/// P(k) = up[k] · x · P(k - 1) - down[k] · P(k - 2).
private struct Recurrence {
    let degree: Double
    let up, down: [Double]

    init(degree: Int) {
        self.degree = Double(degree)
        var up: [Double] = [0]
        var down: [Double] = [0]
        for k in 1...degree {
            up.append(Double(2 * k - 1) / Double(k))
            down.append(Double(k - 1) / Double(k))
        }
        self.up = up
        self.down = down
    }

    /// Newton's method from a guess that lies near the zero number `row`, counted from the north pole.
    func latitude(_ row: Int) -> Double {
        let n = degree
        let guess = .pi * (Double(row) + 0.75) / (n + 0.5)
        var x = (1 - 1 / (8 * n * n) + 1 / (8 * n * n * n)) * cos(guess)
        for _ in 0..<10 {
            var (before, now) = (1.0, x)
            for k in 2..<up.count { (before, now) = (now, up[k] * x * now - down[k] * before) }
            let slope = n * (x * now - before) / (x * x - 1)
            let step = now / slope
            x -= step
            // What is left after a step is about this.
            if step * step * x / (1 - x * x) < 1e-17 { break }
        }
        return asin(x) * 180 / .pi
    }
}
