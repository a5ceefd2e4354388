// SPDX-License-Identifier: Apache-2.0
// Moments as the headers and documents of cloud services write them.
// Spec: ISO 8601; RFC 9110, 5.6.7 "Date/Time Formats".

/// A moment in the civil calendar of UTC.
package struct UTCTime: Hashable, Sendable {
    let year, month, day, hour, minute, second: Int
    /// From Monday = 0.
    let weekday: Int

    /// - Parameter seconds: since 1970.
    package init(_ seconds: Int64) {
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let rest = Int(seconds) - days * 86_400
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        weekday = ((days + 3) % 7 + 7) % 7
        // Years begin in March, so that a leap day is their last; eras have 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    private static func digits(_ number: Int, _ count: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// `20130524`.
    var compactDate: String { Self.digits(year, 4) + Self.digits(month) + Self.digits(day) }
    /// `20130524T000000Z`.
    var compact: String {
        compactDate + "T" + Self.digits(hour) + Self.digits(minute) + Self.digits(second) + "Z"
    }
    /// `Fri, 24 May 2013 00:00:00 GMT`.
    var httpText: String {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [hour, minute, second].map { Self.digits($0) }.joined(separator: ":")
        return
            "\(days[weekday]), \(Self.digits(day)) \(months[month - 1]) \(Self.digits(year, 4)) \(clock) GMT"
    }
}

/// Seconds since 1970 of `2030-01-31T12:00:00Z`, also with fractions or an offset; nil where `text` is no such time.
func isoTime(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
        guard range.upperBound <= bytes.count else { return nil }
        return Int64(String(decoding: bytes[range], as: UTF8.self))
    }
    guard bytes.count >= 19, let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
        let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
        (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
        (0...23).contains(hour),
        (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    var zone: Int64 = 0
    let rest = bytes[19...].drop { $0 == 0x2E || (0x30...0x39).contains($0) }
    if let sign = rest.first, sign == 0x2B || sign == 0x2D {
        let digits = rest.dropFirst().filter { $0 != 0x3A }
        guard digits.count == 4, let value = Int64(String(decoding: digits, as: UTF8.self)) else {
            return nil
        }
        zone = (value / 100 * 60 + value % 100) * (sign == 0x2B ? 60 : -60)
    }
    return civilDays(year: year, month: month, day: day) * 86_400 + (hour * 60 + minute) * 60 + second - zone
}

/// Days since 1970 of a date of the civil calendar, from 1970 on.
func civilDays(year: Int64, month: Int64, day: Int64) -> Int64 {
    // Years that begin in March.
    let shifted = month <= 2 ? year - 1 : year
    let months = (month + 9) % 12
    return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * months + 2) / 5 + day - 1
        - 719_468
}
