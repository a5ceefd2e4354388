// SPDX-License-Identifier: Apache-2.0
// Times as one number that does not depend on units, so that files with different units can be put in one order.
// Spec: CF conventions 1.11, 4.4 "Time Coordinate".

import KerchunkBytes

extension CFTime {
    /// A value in some units: whole where it is exact.
    public enum Value: Hashable, Sendable {
        case whole(Int64)
        case real(Double)

        public var double: Double {
            switch self {
            case .whole(let value): Double(value)
            case .real(let value): value
            }
        }
    }

    /// Microseconds from day 0 of the calendar to the moment that `value` means; nil for NaN, for what is finer than a
    /// microsecond, and outside some 200,000 years.
    public func instant(_ value: Value) -> Int64? {
        switch value {
        case .whole(let whole): return instant(whole: whole, rest: 0)
        case .real(let real):
            guard real.isFinite, real.magnitude < 0x1p62 else { return nil }
            let floor = real.rounded(.down)
            return instant(
                whole: Int64(floor), rest: Int64(((real - floor) * Double(unit) / 1000).rounded()))
        }
    }

    /// The same, but nil also where the moment lies between two microseconds.
    public func exactInstant(_ value: Value) -> Int64? {
        if case .real(let real) = value {
            let rest = (real - real.rounded(.down)) * Double(unit) / 1000
            guard rest == rest.rounded() else { return nil }
        }
        return instant(value)
    }

    /// Seconds from the moment that 0 means in `other` to that of these units; nil where numbers count something else.
    public func secondsAhead(of other: CFTime) -> Double? {
        guard unit == other.unit, let mine = referenceInstant, let theirs = other.referenceInstant else {
            return nil
        }
        return (Double(mine) - Double(theirs)) / 1_000_000
    }

    /// The calendar, or the Gregorian one where both of these have all of the instants at the same dates.
    public func commonCalendar(_ instants: [Int64]) -> Calendar {
        calendar == .standard && instants.allSatisfy({ $0 >= Self.firstGregorianInstant })
            ? .prolepticGregorian : calendar
    }

    private func instant(whole: Int64, rest: Int64) -> Int64? {
        let microseconds: Int64?
        if unit % 1000 == 0 {
            microseconds = whole.multiplied(by: unit / 1000)
        } else {
            microseconds = whole % 1000 == 0 ? whole / 1000 * unit : nil
        }
        guard let microseconds, let reference = referenceInstant else { return nil }
        return microseconds.adding(rest)?.adding(reference)
    }

    /// The value that `instant` has in these units.
    public func value(ofInstant instant: Int64) -> Value? {
        guard let reference = referenceInstant else { return nil }
        let (difference, overflow) = instant.subtractingReportingOverflow(reference)
        guard !overflow else { return nil }
        if unit < 1000 { return difference.multiplied(by: 1000 / unit).map { .whole($0) } }
        let step = unit / 1000
        if difference % step == 0 { return .whole(difference / step) }
        let whole = difference.floorQuotient(by: step)
        return .real(Double(whole) + Double(difference - whole * step) / Double(step))
    }

    /// The number beside `value` that xarray, which cuts off what is less than a nanosecond, decodes to the same microsecond.
    public func decodable(_ value: Double) -> Double {
        guard let instant = instant(.real(value)), let reference = referenceInstant,
            let nanoseconds = instant.adding(-reference)?.multiplied(by: 1000)
        else { return value }
        return [value, value.nextUp, value.nextDown].first { number in
            let decoded = number * Double(unit)
            return decoded.magnitude < 0x1p63 && Int64(decoded) == nanoseconds
        } ?? value
    }

    private var referenceInstant: Int64? {
        referenceDay.multiplied(by: Self.microsecondsOfDay)?.adding(referenceMicroseconds)
    }

    /// Whether an instant of one calendar is the same moment in `other`, as for the standard calendar and the proleptic
    /// Gregorian one from 1582-10-15 on.
    /// - Parameter instants: those that are to be compared.
    public func agrees(with other: CFTime, on instants: [Int64]) -> Bool {
        if calendar == other.calendar { return true }
        let gregorian: [Calendar] = [.standard, .prolepticGregorian]
        guard gregorian.contains(calendar), gregorian.contains(other.calendar) else { return false }
        return instants.allSatisfy { $0 >= Self.firstGregorianInstant }
    }

    /// Ticks since 1970-01-01 that `instant` is, for the types `datetime64` of numpy; nil for calendars in which dates
    /// are other days, and where the number does not fit.
    /// - Parameter unit: `ns`, `us`, `ms`, `s`, `m`, `h` or `D`.
    public func datetime(ofInstant instant: Int64, unit: String) -> Int64? {
        guard
            calendar == .prolepticGregorian
                || (calendar == .standard && instant >= Self.firstGregorianInstant)
        else { return nil }
        let (microseconds, overflow) = instant.subtractingReportingOverflow(Self.epoch)
        guard !overflow else { return nil }
        switch unit {
        case "ns": return microseconds.multiplied(by: 1000)
        case "us": return microseconds
        case "ms": return microseconds.floorQuotient(by: 1000)
        case "s": return microseconds.floorQuotient(by: 1_000_000)
        case "m": return microseconds.floorQuotient(by: 60_000_000)
        case "h": return microseconds.floorQuotient(by: 3_600_000_000)
        case "D": return microseconds.floorQuotient(by: Self.microsecondsOfDay)
        default: return nil
        }
    }

    /// 1582-10-15, and 1970-01-01, from Julian day 0.
    private static let firstGregorianInstant: Int64 = 2_299_161 * microsecondsOfDay
    private static let epoch: Int64 = 2_440_588 * microsecondsOfDay
}

// MARK: Dates of instants

extension CFTime {
    /// Months from year 0 of the calendar, the day of the month from 1, and microseconds since midnight.
    public func placeInMonth(ofInstant instant: Int64) -> (month: Int64, day: Int64, microseconds: Int64) {
        let days = instant.floorQuotient(by: Self.microsecondsOfDay)
        let (year, month, day) = calendar.date(days)
        return (year * 12 + month - 1, day, instant - days * Self.microsecondsOfDay)
    }

    /// The date, and the time where it is not midnight; what is less than a millisecond beside a second is one.
    public func text(ofInstant instant: Int64) -> String {
        var instant = instant
        let beside = instant - instant.floorQuotient(by: 1_000_000) * 1_000_000
        if beside < 1000 {
            instant -= beside
        } else if beside > 999_000 {
            instant += 1_000_000 - beside
        }
        let (month, day, microseconds) = placeInMonth(ofInstant: instant)
        return text(month: month, day: day, microseconds: microseconds)
    }

    public func text(month: Int64, day: Int64, microseconds: Int64) -> String {
        let year = month.floorQuotient(by: 12)
        return Moment(
            year: calendar.lacksYearZero && year <= 0 ? year - 1 : year, month: month - year * 12 + 1,
            day: day,
            microseconds: microseconds
        ).description
    }

    /// `2000-02`.
    public func monthText(_ month: Int64) -> String {
        String(text(month: month, day: 1, microseconds: 0).dropLast(3))
    }

    /// `2000`.
    public func yearText(ofMonth month: Int64) -> String { String(monthText(month).dropLast(3)) }
}
