// SPDX-License-Identifier: Apache-2.0
// What the text of `units` means: that of xarray, which reads dates with pandas where it can, else with cftime.
// Spec: CF conventions 1.11, 4.4 "Time Coordinate"; xarray 2026.9 `coding/times.py`; cftime 1.6.6 `_dateparse`.

import KerchunkBytes

extension CFTime {
    /// - Parameter units: `days since 2000-01-01`, `hours since 1900-1-1 00:00:0.0 +1:00`.
    /// - Returns: nil for units without a fixed length, such as months of most calendars, and for what is not understood.
    public init?(units: String, calendar name: String?) {
        guard let calendar = Calendar(name: name) else { return nil }
        switch Self.readByPandas(units, calendar) {
        case .time(let time): self = time
        case .unsure: return nil
        case .refused:
            guard let time = Self.readByCFTime(units, calendar) else { return nil }
            self = time
        }
    }

    /// Whether `units` is made like a time: a word, "since", and more.
    public static func mayBeTime(units: String) -> Bool {
        let words = units.split(maxSplits: 2, whereSeparator: \.isWhitespace)
        return units.contains(" since ") || (words.count == 3 && words[1].lowercased() == "since")
    }

    private enum Reading {
        case time(CFTime)
        /// pandas does not read it, or xarray does not ask it.
        case refused
        /// pandas may make of it what cftime does not.
        case unsure
    }

    /// Years in which pandas counts nanoseconds; xarray leaves others to cftime.
    private static let pandasYears: ClosedRange<Int64> = 1678...2261

    private static func readByPandas(_ units: String, _ calendar: Calendar) -> Reading {
        guard calendar == .standard || calendar == .prolepticGregorian,
            let (name, text) = splitAtLastSince(units), let unit = pandasUnit(name)
        else { return .refused }
        if let date = ReferenceDate(pandas: text) {
            guard pandasYears.contains(date.year), let time = CFTime(date, unit, calendar) else {
                return .refused
            }
            return .time(time)
        }
        guard let (date, rest) = ReferenceDate.prefix(cftime: text) else { return .refused }
        // Without four digits in a row xarray takes the first number for the year; else pandas guesses.
        let isGuessed = date.digitsOfYear < 4 && ReferenceDate.hasFourDigits(text)
        return isGuessed || date.mayGoOn(with: rest) ? .unsure : .refused
    }

    private static func readByCFTime(_ units: String, _ calendar: Calendar) -> CFTime? {
        let words = units.split(maxSplits: 2, whereSeparator: \.isWhitespace)
        guard words.count == 3, words[1].lowercased() == "since",
            let unit = cftimeUnit(words[0].lowercased(), in: calendar),
            let (date, _) = ReferenceDate.prefix(cftime: String(words[2]))
        else { return nil }
        if calendar == .tai, date.year < 1958 || date.offset != 0 { return nil }
        return CFTime(date, unit, calendar)
    }

    private init?(_ date: ReferenceDate, _ unit: Int64, _ calendar: Calendar) {
        guard !calendar.lacksYearZero || date.year != 0 else { return nil }
        let year = calendar.lacksYearZero && date.year < 0 ? date.year + 1 : date.year
        guard let day = calendar.day(year, date.month, date.day) else { return nil }
        // Local time ahead of UTC is earlier in UTC.
        let microseconds = date.microseconds - date.offset * 60_000_000
        let days = microseconds.floorQuotient(by: Self.microsecondsOfDay)
        self.init(
            calendar: calendar, unit: unit, referenceDay: day + days,
            referenceMicroseconds: microseconds - days * Self.microsecondsOfDay)
    }

    /// What stands before and after the last " since ".
    private static func splitAtLastSince(_ units: String) -> (unit: String, date: String)? {
        let mark = Array(" since ".unicodeScalars)
        let scalars = Array(units.unicodeScalars)
        guard scalars.count > mark.count + 1 else { return nil }
        for start in stride(from: scalars.count - mark.count - 1, to: 0, by: -1)
        where scalars[start..<start + mark.count].elementsEqual(mark) {
            return (
                ReferenceDate.trimmed(scalars[..<start]),
                ReferenceDate.trimmed(scalars[(start + mark.count)...])
            )
        }
        return nil
    }

    /// Nanoseconds of the units that xarray knows itself.
    private static func pandasUnit(_ name: String) -> Int64? {
        let lower = name.lowercased()
        return switch lower.hasSuffix("s") ? lower : lower + "s" {
        case "nanoseconds": 1
        case "microseconds": 1000
        case "milliseconds": 1_000_000
        case "seconds": 1_000_000_000
        case "minutes": 60_000_000_000
        case "hours": 3_600_000_000_000
        case "days": dayLength
        default: nil
        }
    }

    private static let dayLength: Int64 = 86_400_000_000_000

    /// Nanoseconds of the units that cftime knows.
    private static func cftimeUnit(_ name: String, in calendar: Calendar) -> Int64? {
        switch name {
        case "microsecond", "microseconds", "microsec", "microsecs": 1000
        case "millisecond", "milliseconds", "millisec", "millisecs", "msec", "msecs", "ms": 1_000_000
        case "second", "seconds", "sec", "secs", "s": 1_000_000_000
        case "minute", "minutes", "min", "mins": 60_000_000_000
        case "hour", "hours", "hr", "hrs", "h": 3_600_000_000_000
        case "day", "days", "d": dayLength
        // Months and years have a length where all have the same.
        case "month", "months": calendar == .days360 ? 30 * dayLength : nil
        case "common_year", "common_years": calendar == .noLeap ? 365 * dayLength : nil
        default: nil
        }
    }
}
