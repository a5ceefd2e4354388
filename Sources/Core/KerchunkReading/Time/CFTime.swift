// SPDX-License-Identifier: Apache-2.0
// Times as numbers, in the calendars of climate models; integer arithmetic only.
// Spec: CF conventions 1.11, 4.4 "Time Coordinate"; UDUNITS for the names of units.

import KerchunkBytes

/// What the numbers of a time coordinate mean: its `units` and `calendar`.
public struct CFTime: Hashable, Sendable {
    public enum Calendar: Hashable, Sendable {
        /// Julian before 1582-10-15, Gregorian from there on.
        case standard
        case prolepticGregorian
        case julian
        case noLeap
        case allLeap
        /// Twelve months of 30 days.
        case days360
        /// Gregorian days of atomic time, from 1958 on.
        case tai

        /// - Returns: nil for a calendar that CF does not name; without a name it is the standard one.
        public init?(name: String?) {
            switch name?.lowercased() {
            case nil, "standard", "gregorian": self = .standard
            case "proleptic_gregorian": self = .prolepticGregorian
            case "julian": self = .julian
            case "noleap", "365_day": self = .noLeap
            case "all_leap", "366_day": self = .allLeap
            case "360_day": self = .days360
            case "tai": self = .tai
            default: return nil
            }
        }
    }

    /// A moment, to the microsecond.
    public struct Moment: Hashable, Sendable, CustomStringConvertible {
        public let year: Int64
        public let month: Int64
        public let day: Int64
        /// Since midnight.
        public let microseconds: Int64

        /// `2000-02-29`, and the time where it is not midnight.
        public var description: String {
            let date = "\(padded(abs(year), 4))-\(padded(month, 2))-\(padded(day, 2))"
            let signed = year < 0 ? "-" + date : date
            guard microseconds != 0 else { return signed }
            let seconds = microseconds / 1_000_000
            let time =
                "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
            let rest = microseconds % 1_000_000
            return "\(signed)T\(time)" + (rest == 0 ? "" : "." + padded(rest, 6))
        }

        private func padded(_ number: Int64, _ width: Int) -> String {
            let text = number.description
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
    }

    public let calendar: Calendar
    /// Nanoseconds.
    let unit: Int64
    /// The moment that 0 means: days of the calendar, and microseconds since midnight.
    let referenceDay: Int64
    let referenceMicroseconds: Int64

    static let microsecondsOfDay: Int64 = 86_400_000_000

    init(calendar: Calendar, unit: Int64, referenceDay: Int64, referenceMicroseconds: Int64) {
        self.calendar = calendar
        self.unit = unit
        self.referenceDay = referenceDay
        self.referenceMicroseconds = referenceMicroseconds
    }

    /// The moment that `value` means; nil for NaN, and outside some 200,000 years.
    public func moment(_ value: Double) -> Moment? {
        guard value.isFinite, value.magnitude < 0x1p62 else { return nil }
        let whole = value.rounded(.down)
        // Whole units are exact; what is behind the point is less than a day's worth of rounding.
        guard let nanoseconds = Int64(whole).multiplied(by: unit) else {
            return moment(large: whole, value - whole)
        }
        let rest = Int64(((value - whole) * Double(unit) / 1000).rounded())
        guard let sum = (nanoseconds.floorQuotient(by: 1000)).adding(rest + referenceMicroseconds) else {
            return nil
        }
        return moment(microseconds: sum)
    }

    /// The same for whole units whose nanoseconds do not fit.
    private func moment(large whole: Double, _ fraction: Double) -> Moment? {
        guard unit % 1000 == 0, let microseconds = Int64(whole).multiplied(by: unit / 1000),
            let sum = microseconds.adding(
                Int64((fraction * Double(unit / 1000)).rounded()) + referenceMicroseconds)
        else { return nil }
        return moment(microseconds: sum)
    }

    private func moment(microseconds: Int64) -> Moment? {
        let days = microseconds.floorQuotient(by: Self.microsecondsOfDay)
        guard let day = referenceDay.adding(days), day.magnitude < 1 << 40 else { return nil }
        let (year, month, dayOfMonth) = calendar.date(day)
        return Moment(
            year: calendar.lacksYearZero && year <= 0 ? year - 1 : year, month: month, day: dayOfMonth,
            microseconds: microseconds - days * Self.microsecondsOfDay)
    }
}

extension CFTime.Calendar {
    /// Whether the year 1 follows the year -1, as historians count.
    var lacksYearZero: Bool { self == .standard || self == .julian }

    /// The first Gregorian day of the standard calendar, as a Julian day number: 1582-10-15.
    private static let firstGregorianDay: Int64 = 2_299_161

    /// Days before each month of a year without a leap day.
    private static let startsOfMonths: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

    /// The number of a day, from a day that is the same for all dates of the calendar; nil for days that it lacks.
    func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        let number: Int64
        switch self {
        case .standard:
            let isGregorian = (year, month, day) >= (1582, 10, 15)
            number = julianDay(year, month, day, isGregorian: isGregorian)
        case .prolepticGregorian, .tai: number = julianDay(year, month, day, isGregorian: true)
        case .julian: number = julianDay(year, month, day, isGregorian: false)
        case .noLeap: number = year * 365 + Self.startsOfMonths[Int(month) - 1] + day - 1
        case .allLeap:
            number = year * 366 + Self.startsOfMonths[Int(month) - 1] + (month > 2 ? 1 : 0) + day - 1
        case .days360: number = year * 360 + (month - 1) * 30 + day - 1
        }
        return date(number) == (year, month, day) ? number : nil
    }

    /// The reverse of `day`.
    func date(_ number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        switch self {
        case .standard: return gregorianOrJulianDate(number, isGregorian: number >= Self.firstGregorianDay)
        case .prolepticGregorian, .tai: return gregorianOrJulianDate(number, isGregorian: true)
        case .julian: return gregorianOrJulianDate(number, isGregorian: false)
        case .noLeap, .allLeap:
            let length: Int64 = self == .noLeap ? 365 : 366
            let year = number.floorQuotient(by: length)
            let rest = number - year * length
            let starts = Self.startsOfMonths.enumerated().map { $1 + (self == .allLeap && $0 > 1 ? 1 : 0) }
            let month = starts.lastIndex { $0 <= rest } ?? 0
            return (year, Int64(month) + 1, rest - starts[month] + 1)
        case .days360:
            let year = number.floorQuotient(by: 360)
            let rest = number - year * 360
            return (year, rest / 30 + 1, rest % 30 + 1)
        }
    }

    /// The Julian day number of a date: years are counted from March, so that leap days come last.
    private func julianDay(_ year: Int64, _ month: Int64, _ day: Int64, isGregorian: Bool) -> Int64 {
        let shift = (14 - month) / 12
        let years = year + 4800 - shift
        let months = month + 12 * shift - 3
        let days = day + (153 * months + 2) / 5 + 365 * years + years.floorQuotient(by: 4)
        return isGregorian
            ? days - years.floorQuotient(by: 100) + years.floorQuotient(by: 400) - 32_045 : days - 32_083
    }

    private func gregorianOrJulianDate(
        _ number: Int64, isGregorian: Bool
    ) -> (year: Int64, month: Int64, day: Int64) {
        var days = number + (isGregorian ? 32_044 : 32_082)
        var centuries: Int64 = 0
        if isGregorian {
            centuries = (4 * days + 3).floorQuotient(by: 146_097)
            days -= (146_097 * centuries).floorQuotient(by: 4)
        }
        let years = (4 * days + 3).floorQuotient(by: 1461)
        let rest = days - (1461 * years).floorQuotient(by: 4)
        let month = (5 * rest + 2) / 153
        return (
            100 * centuries + years - 4800 + month / 10, month + 3 - 12 * (month / 10),
            rest - (153 * month + 2) / 5 + 1
        )
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity; `divisor` is above zero.
    func floorQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
