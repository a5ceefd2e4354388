// SPDX-License-Identifier: Apache-2.0
// How the values of a coordinate follow each other, and where something is missing between them.

import KerchunkBytes
public import KerchunkModel
public import KerchunkReading

/// The steps between the values of a coordinate.
public struct CoordinateSteps: Sendable {
    public enum Step: Hashable, Sendable {
        case number(Double)
        case duration(microseconds: Int64)
        /// 1 for monthly values, 12 for yearly ones, whatever the lengths of the months.
        case months(Int64)
        /// The same days of each month, such as the 1st, 11th and 21st.
        case days([Int64])
    }

    /// A step that is not the usual one.
    public struct Place: Sendable {
        /// The value before the step, counted from 0.
        public let index: Int
        /// The values around the step.
        public let before: String
        public let after: String
        /// Values that are missing there; 0 where the step is no multiple of the usual one.
        public let missing: Int
        /// The first and last of those that are missing.
        public let range: (first: String, last: String)?
        /// `3 days are missing: 2001-02-03 to 2001-02-05`.
        public let text: String
    }

    /// The usual step, with its sign for numbers; nil where no step is usual.
    public let step: Step?
    /// Whether values descend.
    public let isDescending: Bool
    /// The smallest and the largest step as text, where no step is usual.
    public let spread: (smallest: String, largest: String)?
    /// The first places where the step is another.
    public let places: [Place]
    /// All such places.
    public let count: Int
    /// Values that are missing at all such places together.
    public let missing: Int

    /// Places that are kept.
    public static let placeLimit = 1000

    /// Values of a coordinate without gaps of its own.
    enum Values {
        /// - Parameter precision: the distance of neighbouring numbers of their type.
        case numbers([Double], precision: Double)
        /// Microseconds in `time`'s calendar.
        case instants([Int64], CFTime, precision: Int64)

        var count: Int {
            switch self {
            case .numbers(let numbers, _): numbers.count
            case .instants(let instants, _, _): instants.count
            }
        }
    }

    /// - Parameters:
    ///   - values: all values, none of which is missing.
    ///   - type: that they are stored as.
    ///   - time: what they mean, where they are times.
    ///   - isPacked: whether they were computed from what is stored.
    ///   - label: a value as text.
    /// - Returns: nil for fewer than two values, and for steps that are beyond all numbers.
    public init?(
        _ values: [CFTime.Value], type: DataType, time: CFTime?, isPacked: Bool = false,
        label: (Int) -> String
    ) {
        let precision = Self.precision(
            of: type, isPacked: isPacked, values.lazy.map { abs($0.double) }.max() ?? 0)
        let instants = time.map { time in values.compactMap { time.instant($0) } } ?? []
        if let time, instants.count == values.count {
            let unit =
                time.instant(.whole(1)).flatMap { one in time.instant(.whole(0)).map { one - $0 } } ?? 0
            let microseconds = precision * Double(unit)
            self.init(
                .instants(instants, time, precision: microseconds < 0x1p61 ? Int64(microseconds) : 0),
                label: label)
        } else {
            self.init(.numbers(values.map(\.double), precision: precision), label: label)
        }
    }

    /// What rounding to the type can make of a step between values up to `largest`.
    private static func precision(of type: DataType, isPacked: Bool, _ largest: Double) -> Double {
        switch type {
        case .float(2, _): largest / 512
        case .float(4, _): 2 * Double(Float(largest).ulp)
        case .float where !isPacked: 2 * largest.ulp
        default: isPacked ? largest * 1e-9 : 0
        }
    }

    init?(_ values: Values, label: (Int) -> String) {
        guard values.count > 1, let measure = CoordinateMeasure(values) else { return nil }
        isDescending = measure.isDescending
        let best = measure.rhythms.lazy.map { ($0, $0.irregularities(measure)) }
            .min { $0.1.count < $1.1.count }
        guard let (rhythm, irregular) = best, irregular.count * 2 <= values.count - 1 else {
            step = nil
            spread = measure.spread
            places = []
            count = 0
            missing = 0
            return
        }
        step = rhythm.step(measure)
        spread = nil
        count = irregular.count
        missing = irregular.reduce(0) { $0.adding(max(0, (rhythm.jump($1, measure) ?? 1) - 1)) ?? .max }
        places = irregular.prefix(Self.placeLimit).map {
            rhythm.place($0, measure, unit: rhythm.step(measure).unit, label)
        }
    }
}

extension CoordinateSteps.Step {
    /// `1 day`, `6 hours`, `monthly`, `0.25`.
    public var text: String {
        switch self {
        case .number(let number): shortNumber(number)
        case .duration(let microseconds): durationText(Double(microseconds))
        case .months(1): "monthly"
        case .months(12): "yearly"
        case .months(let count): count % 12 == 0 ? "\(count / 12) years" : "\(count) months"
        case .days(let days): "days \(days.map(\.description).joined(separator: ", ")) of each month"
        }
    }

    /// What is counted where steps are missing.
    fileprivate var unit: String {
        switch self {
        case .months(1): return "month"
        case .months(12): return "year"
        case .duration(let microseconds):
            let text = durationText(Double(microseconds))
            return text.hasPrefix("1 ") ? String(text.dropFirst(2)) : "value"
        default: return "value"
        }
    }
}

let durationUnits: [(name: String, length: Double)] = [
    ("day", 86_400e6), ("hour", 3600e6), ("minute", 60e6), ("second", 1e6),
]

/// `6 hours`, `1 day`, `0.5 seconds`, `7.3 days`.
func durationText(_ microseconds: Double) -> String {
    for unit in durationUnits {
        let count = (microseconds / unit.length).rounded()
        if (1..<1000).contains(count) || (count >= 1 && unit.name == "day"),
            abs(count * unit.length - microseconds) <= microseconds * 1e-5
        {
            return count == 1 ? "1 \(unit.name)" : "\(shortNumber(count)) \(unit.name)s"
        }
    }
    let unit = durationUnits.first { $0.length <= microseconds } ?? durationUnits[3]
    let count = microseconds / unit.length
    return "\(shortNumber(count >= 10 ? (count * 100).rounded() / 100 : count)) \(unit.name)s"
}

/// A number that was computed, without the digits that rounding left.
func shortNumber(_ number: Double) -> String {
    var scale = 1.0
    for _ in 0..<12 {
        let short = (number * scale).rounded() / scale
        if abs(short - number) <= abs(number) * 1e-6 {
            return short == short.rounded() && abs(short) < 1e15 ? "\(Int64(short))" : "\(short)"
        }
        scale *= 10
    }
    return "\(number)"
}
