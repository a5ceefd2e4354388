// SPDX-License-Identifier: Apache-2.0
// Days of the calendar that GRIB uses: Gregorian, also before it began.

/// Dates as days since 1970-01-01.
enum GRIBCalendar {
    /// - Returns: nil for a date that there is not.
    static func days(year: Int, month: Int, day: Int) -> Int? {
        guard (1...12).contains(month), (1...length(of: month, in: year)).contains(day) else { return nil }
        // years that begin in March, in cycles of 400
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Year, month and day of a number of days.
    static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }

    /// Seconds since 1970.
    static func seconds(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int64? {
        guard let days = days(year: year, month: month, day: day), (0...24).contains(hour),
            (0...59).contains(minute),
            (0...60).contains(second)
        else { return nil }
        return Int64(days) * 86_400 + Int64(hour) * 3600 + Int64(minute) * 60 + Int64(second)
    }

    /// `months` after `start`; the last day of a month that is too short.
    static func adding(months: Int, to start: Int64) -> Int64? {
        let day = Int((start >= 0 ? start : start - 86_399) / 86_400)
        let date = date(day)
        guard let month = (date.year * 12 + date.month - 1).adding(months) else { return nil }
        let year = month >= 0 ? month / 12 : (month - 11) / 12
        let number = month - year * 12 + 1
        guard abs(year) < 1_000_000,
            let days = days(year: year, month: number, day: min(date.day, length(of: number, in: year)))
        else { return nil }
        return Int64(days) * 86_400 + (start - Int64(day) * 86_400)
    }
}

extension Int {
    fileprivate func adding(_ other: Int) -> Int? {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? nil : sum
    }
}
