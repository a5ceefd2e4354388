// SPDX-License-Identifier: Apache-2.0
// Ways in which the values of a coordinate follow each other: by equal steps, by months, on the same days of each month.

import KerchunkModel
import KerchunkReading

/// Distances between neighbours, in the direction in which most of them go.
struct CoordinateMeasure {
    let values: CoordinateSteps.Values
    let isDescending: Bool
    /// In numbers or microseconds; above zero where a value follows in the usual direction.
    let steps: [Double]
    /// By value: months from year 0, and the place in the month; empty for numbers.
    let months: [(month: Int64, day: Int64, microseconds: Int64)]

    init?(_ values: CoordinateSteps.Values) {
        self.values = values
        var steps: [Double] = []
        steps.reserveCapacity(values.count)
        switch values {
        case .numbers(let numbers, _):
            steps = zip(numbers.dropFirst(), numbers).map { $0 - $1 }
            guard steps.allSatisfy(\.isFinite) else { return nil }
            months = []
        case .instants(let instants, let time, _):
            // Some 70,000 years, so that no difference overflows.
            guard instants.allSatisfy({ $0.magnitude < 1 << 61 }) else { return nil }
            steps = zip(instants.dropFirst(), instants).map { Double($0 - $1) }
            months = instants.map { time.placeInMonth(ofInstant: $0) }
        }
        isDescending = steps.count { $0 < 0 } > steps.count { $0 > 0 }
        self.steps = isDescending ? steps.map { -$0 } : steps
    }

    /// Of a month's number: how many follow from value `index` to the next.
    func monthStep(_ index: Int) -> Int64 {
        let step = months[index + 1].month - months[index].month
        return isDescending ? -step : step
    }

    var spread: (String, String)? {
        guard let least = steps.min(), let most = steps.max() else { return nil }
        switch values {
        case .numbers:
            let sign = isDescending ? -1.0 : 1
            return (shortNumber(sign * least), shortNumber(sign * most))
        case .instants:
            func text(_ step: Double) -> String {
                step < 0 ? "-" + durationText(-step) : step == 0 ? "0" : durationText(step)
            }
            return (text(least), text(most))
        }
    }

    /// What could be usual, the simplest first.
    var rhythms: [CoordinateRhythm] {
        let ordered = steps.filter { $0 > 0 }.sorted()
        guard !ordered.isEmpty else { return [] }
        let step = ordered[(ordered.count - 1) / 2]
        var rhythms = [CoordinateRhythm.fixed(step: step)]
        guard !months.isEmpty else { return rhythms }
        let monthSteps = steps.indices.map(monthStep).filter { $0 > 0 }.sorted()
        let days = months.map(\.day).sorted()
        if monthSteps.count * 2 > steps.count {
            let months = CoordinateRhythm.months(
                step: monthSteps[(monthSteps.count - 1) / 2], day: days[days.count / 2])
            // In some calendars all months or years have one length, and are months and years all the same.
            rhythms.insert(months, at: step >= 28 * durationUnits[0].length ? 0 : 1)
        }
        var places: [CoordinateRhythm.PlaceInMonth] = []
        for value in months {
            let place = CoordinateRhythm.PlaceInMonth(day: value.day, microseconds: value.microseconds)
            if !places.contains(place) { places.append(place) }
            if places.count > 6 { return rhythms }
        }
        if places.count > 1, months.count >= 3 * places.count {
            rhythms.append(.places(places.sorted { ($0.day, $0.microseconds) < ($1.day, $1.microseconds) }))
        }
        return rhythms
    }
}

/// A way in which values follow each other.
enum CoordinateRhythm {
    struct PlaceInMonth: Hashable {
        let day: Int64
        let microseconds: Int64
    }

    case fixed(step: Double)
    /// A value each so many months, on about the same day.
    case months(step: Int64, day: Int64)
    case places([PlaceInMonth])

    /// Values of which the steps are not 1.
    func irregularities(_ measure: CoordinateMeasure) -> [Int] {
        measure.steps.indices.filter { jump($0, measure) != 1 }
    }

    /// How many steps it is from value `index` to the next; nil where it is no whole number of them.
    func jump(_ index: Int, _ measure: CoordinateMeasure) -> Int? {
        switch self {
        case .fixed(let step):
            let distance = measure.steps[index]
            let count = (distance / step).rounded()
            guard count >= 1, count < 1e15 else { return nil }
            // Times are counted; other numbers may be the results of computing, as Gaussian latitudes are.
            let (relative, precision) =
                switch measure.values {
                case .numbers(_, let precision): (1e-2, precision)
                case .instants(_, _, let precision): (1e-3, Double(precision))
                }
            let tolerance = max(relative * step, precision)
            return abs(distance - count * step) <= tolerance ? Int(count) : nil
        case .months(let step, let day):
            guard isNear(measure.months[index].day, day), isNear(measure.months[index + 1].day, day) else {
                return nil
            }
            let months = measure.monthStep(index)
            return months > 0 && months % step == 0 ? Int(clamping: months / step) : nil
        case .places(let places):
            func number(_ value: (month: Int64, day: Int64, microseconds: Int64)) -> Int64? {
                places.firstIndex(of: PlaceInMonth(day: value.day, microseconds: value.microseconds))
                    .map { value.month * Int64(places.count) + Int64($0) }
            }
            guard let this = number(measure.months[index]), let next = number(measure.months[index + 1])
            else { return nil }
            let count = measure.isDescending ? this - next : next - this
            return count > 0 ? Int(clamping: count) : nil
        }
    }

    /// Middles and ends of months are on other days from month to month.
    private func isNear(_ day: Int64, _ usual: Int64) -> Bool {
        abs(day - usual) <= 2 || (day >= 28 && usual >= 28)
    }

    func step(_ measure: CoordinateMeasure) -> CoordinateSteps.Step {
        switch self {
        case .fixed(let step):
            // Rounding makes one step longer and the next one shorter.
            let regular = measure.steps.indices.filter { jump($0, measure) == 1 }
            let mean = regular.reduce(0) { $0 + measure.steps[$1] } / Double(max(1, regular.count))
            switch measure.values {
            case .numbers: return .number(measure.isDescending ? -mean : mean)
            case .instants(_, _, let precision):
                let tolerance = max(min(Double(precision), step / 100), mean * 1e-5)
                for unit in durationUnits {
                    let whole = (mean / unit.length).rounded() * unit.length
                    if whole > 0, abs(whole - mean) <= tolerance {
                        return .duration(microseconds: Int64(whole))
                    }
                }
                return .duration(microseconds: Int64(mean))
            }
        case .months(let step, _): return .months(step)
        case .places(let places): return .days(places.map(\.day))
        }
    }

    /// - Parameter unit: of what is missing.
    func place(
        _ index: Int, _ measure: CoordinateMeasure, unit: String, _ label: (Int) -> String
    ) -> CoordinateSteps.Place {
        let (this, next) = (label(index), label(index + 1))
        if let jump = jump(index, measure), jump > 1,
            let first = skipped(index, 1, measure), let last = skipped(index, jump - 1, measure)
        {
            let what =
                jump == 2
                ? "1 \(unit) is missing: \(first)" : "\(jump - 1) \(unit)s are missing: \(first) to \(last)"
            return CoordinateSteps.Place(
                index: index, before: this, after: next, missing: jump - 1, range: (first, last), text: what)
        }
        let text: String
        if measure.steps[index] == 0 {
            text = "\(this) occurs twice"
        } else if measure.steps[index] < 0 {
            text = "\(this) is followed by \(next), which goes backwards"
        } else if case .numbers = measure.values {
            text = "\(this) is followed by \(next)"
        } else {
            text = "\(this) is followed by \(next), after \(durationText(measure.steps[index]))"
        }
        return CoordinateSteps.Place(
            index: index, before: this, after: next, missing: 0, range: nil, text: text)
    }

    /// The value that is `count` steps behind value `index`, as text.
    private func skipped(_ index: Int, _ count: Int, _ measure: CoordinateMeasure) -> String? {
        let sign: Int64 = measure.isDescending ? -1 : 1
        switch (self, measure.values) {
        case (.fixed(let step), .numbers(let numbers, _)):
            return shortNumber(numbers[index] + Double(sign) * Double(count) * step)
        case (.fixed, .instants(let instants, let time, _)):
            // Between the two values, so that rounding of the step does not add up.
            guard let jump = jump(index, measure) else { return nil }
            let (from, to) = (instants[index], instants[index + 1])
            let distance = Double(to) - Double(from)
            return time.text(ofInstant: from + Int64((distance * Double(count) / Double(jump)).rounded()))
        case (.months(let step, _), .instants(_, let time, _)):
            let month = measure.months[index].month + sign * step * Int64(count)
            return step % 12 == 0 ? time.yearText(ofMonth: month) : time.monthText(month)
        case (.places(let places), .instants(_, let time, _)):
            let value = measure.months[index]
            guard
                let own = places.firstIndex(
                    of: PlaceInMonth(day: value.day, microseconds: value.microseconds))
            else { return nil }
            let size = Int64(places.count)
            let number = value.month * size + Int64(own) + sign * Int64(count)
            let month = number >= 0 ? number / size : -((size - 1 - number) / size)
            let place = places[Int(number - month * size)]
            return time.text(month: month, day: place.day, microseconds: place.microseconds)
        default: return nil
        }
    }
}
