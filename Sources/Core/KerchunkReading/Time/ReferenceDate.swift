// SPDX-License-Identifier: Apache-2.0
// The date behind "since", as cftime reads it, and as pandas does.
// Spec: cftime 1.6.6 `ISO8601_REGEX`; pandas 3.1 `Timestamp`, of which the forms are read that people write in `units`.

/// A date, the time of day, and how far that is ahead of UTC.
struct ReferenceDate {
    let year: Int64
    let month: Int64
    let day: Int64
    /// Since midnight.
    var microseconds: Int64 = 0
    /// Minutes.
    var offset: Int64 = 0
    /// How many digits the year was written with.
    var digitsOfYear = 4
    /// Whether a time of day was read.
    var hasTime = false

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    // MARK: cftime

    /// What cftime makes of the start of `text`, and the rest, which it passes over.
    /// - Returns: nil where it reads no date, or no time of day.
    static func prefix(cftime text: String) -> (date: ReferenceDate, rest: String)? {
        var cursor = TextCursor(trimmed(text.unicodeScalars[...]))
        let isNegative = cursor.take("-")
        if !isNegative { _ = cursor.take("+") }
        guard let year = cursor.number(1...6), cursor.take("-"), let month = cursor.number(1...2),
            cursor.take("-"), let day = cursor.number(1...2), (1...12).contains(month.value),
            (1...31).contains(day.value)
        else { return nil }
        var date = ReferenceDate(
            year: isNegative ? -year.value : year.value, month: month.value, day: day.value)
        date.digitsOfYear = year.digits
        if let time = cursor.attempt({ cursor in cursor.skip() ? timeOfCFTime(&cursor) : nil }) {
            guard let time else { return nil }
            date.microseconds = time
            date.hasTime = true
        }
        let zone =
            cursor.attempt { cursor in cursor.skip() ? zoneOfCFTime(&cursor) : nil }
            ?? cursor.attempt(zoneOfCFTime)
        date.offset = zone ?? 0
        return (date, cursor.rest)
    }

    /// - Returns: nil where there is none; a nil inside for one that does not exist.
    private static func timeOfCFTime(_ cursor: inout TextCursor) -> Int64?? {
        guard let hour = cursor.number(1...2), cursor.take(":"), let minute = cursor.number(1...2) else {
            return nil
        }
        let second = cursor.attempt { $0.take(":") ? $0.number(1...2) : nil }
        var microseconds: Int64 = 0
        if second != nil, let digits = cursor.attempt({ $0.take(".") ? $0.digits() : nil }) {
            microseconds = Int64((Double("0." + digits) ?? 0) * 1e6)
        }
        return .some(time(hour.value, minute.value, second?.value ?? 0, microseconds))
    }

    private static func zoneOfCFTime(_ cursor: inout TextCursor) -> Int64? {
        if cursor.take("Z") { return 0 }
        let isBehind = cursor.take("-")
        guard isBehind || cursor.take("+"), let hours = cursor.number(2...2) else { return nil }
        let minutes =
            cursor.attempt { $0.take(":") ? $0.number(2...2) : nil } ?? cursor.attempt { $0.number(2...2) }
        let offset = hours.value * 60 + (minutes?.value ?? 0)
        return isBehind ? -offset : offset
    }

    /// Whether what cftime passes over may be a time of day or an offset for pandas.
    func mayGoOn(with rest: String) -> Bool {
        let words = rest.lowercased().split { !$0.isLetter && !$0.isNumber }
        if words.contains(where: { ["am", "pm", "a", "p"].contains($0) }) { return true }
        guard rest.contains(where: \.isNumber) else { return false }
        // A lone number is none: UDUNITS' offset of 0, for example.
        let number = rest.drop { $0 == " " }
        return number.count == rest.count || number.count > (hasTime ? 4 : 1)
            || !number.allSatisfy { $0.isASCII && $0.isNumber }
    }

    static func hasFourDigits(_ text: String) -> Bool {
        var run = 0
        for scalar in text.unicodeScalars {
            run = TextCursor.isDigit(scalar) ? run + 1 : 0
            if run == 4 { return true }
        }
        return false
    }

    // MARK: pandas

    /// What pandas makes of all of `text`; nil for forms that it does not read, and that nobody writes here.
    init?(pandas text: String) {
        var cursor = TextCursor(text)
        if !Self.hasFourDigits(text) {
            // xarray fills up the year.
            guard let year = cursor.digits(), year.count < 4 else { return nil }
            cursor = TextCursor(String(repeating: "0", count: 4 - year.count) + year + cursor.rest)
        }
        guard let date = Self.date(&cursor) else { return nil }
        self = date
        if cursor.isAtEnd { return }
        if cursor.take("T") || cursor.take("t") {
            if cursor.isAtEnd { return }
        } else {
            let isSeparated = cursor.take(",")
            guard cursor.skipSpaces() || isSeparated else { return nil }
            // What looks like an offset is the time of day.
            _ = cursor.take("-")
        }
        guard let time = Self.timeOfPandas(&cursor) else { return nil }
        microseconds = time
        guard let offset = Self.zoneOfPandas(&cursor) else { return nil }
        self.offset = offset
    }

    /// `2000-1-1`, `20000101`, `1/31/2000`, `31-JAN-2000`, `January 31, 2000`.
    private static func date(_ cursor: inout TextCursor) -> ReferenceDate? {
        guard let first = cursor.digits() else {
            guard let month = cursor.month() else { return nil }
            _ = cursor.takeSeparator()
            guard let day = cursor.number(1...2) else { return nil }
            _ = cursor.take(",")
            _ = cursor.takeSeparator()
            return cursor.number(4...4).flatMap { valid($0.value, month, day.value) }
        }
        if [8, 12, 14].contains(first.count), let all = Int64(first.prefix(8)) {
            let clock = Int64((first.dropFirst(8) + "000000").prefix(6)) ?? 0
            guard var date = valid(all / 10_000, all / 100 % 100, all % 100),
                let time = time(clock / 10_000, clock / 100 % 100, clock % 100, 0),
                first.count == 8 || cursor.isAtEnd
            else { return nil }
            date.microseconds = time
            return date
        }
        guard let number = Int64(first), first.count == 4 || first.count <= 2 else { return nil }
        let isYear = first.count == 4
        guard let separator = cursor.takeSeparator() else {
            return isYear && cursor.isAtEnd ? valid(number, 1, 1) : nil
        }
        if let month = cursor.month() {
            guard cursor.takeSeparator() != nil, let last = cursor.number(isYear ? 1...2 : 4...4) else {
                return nil
            }
            return isYear ? valid(number, month, last.value) : valid(last.value, month, number)
        }
        guard let second = cursor.number(1...2) else { return nil }
        if isYear, cursor.isAtEnd { return valid(number, second.value, 1) }
        guard cursor.take(separator), let third = cursor.number(isYear ? 1...2 : 4...4) else { return nil }
        if isYear { return valid(number, second.value, third.value) }
        // The month comes first, where it can.
        return number <= 12
            ? valid(third.value, number, second.value) : valid(third.value, second.value, number)
    }

    private static func valid(_ year: Int64, _ month: Int64, _ day: Int64) -> ReferenceDate? {
        guard year > 0, (1...12).contains(month), (1...31).contains(day),
            CFTime.Calendar.prolepticGregorian.day(year, month, day) != nil
        else { return nil }
        return ReferenceDate(year: year, month: month, day: day)
    }

    /// `2:30`, `02:30:15.5`, `02`, `0230`, `023015`.
    private static func timeOfPandas(_ cursor: inout TextCursor) -> Int64? {
        guard let first = cursor.digits(), first.count <= 6, let number = Int64(first) else { return nil }
        if cursor.take(":") {
            guard first.count <= 2, let minute = cursor.number(1...2) else { return nil }
            guard cursor.take(":") else { return time(number, minute.value, 0, 0) }
            guard let second = cursor.number(1...2), let fraction = fraction(&cursor) else { return nil }
            return time(number, minute.value, second.value, fraction)
        }
        switch first.count {
        case 2: return time(number, 0, 0, 0)
        case 4: return time(number / 100, number % 100, 0, 0)
        case 6:
            guard let fraction = fraction(&cursor) else { return nil }
            return time(number / 10_000, number / 100 % 100, number % 100, fraction)
        default: return nil
        }
    }

    /// - Returns: microseconds; nil for what is finer.
    private static func fraction(_ cursor: inout TextCursor) -> Int64? {
        guard cursor.take(".") || cursor.take(","), let digits = cursor.digits() else { return 0 }
        guard digits.dropFirst(6).allSatisfy({ $0 == "0" }) else { return nil }
        return Int64((digits + "000000").prefix(6))
    }

    private static func zoneOfPandas(_ cursor: inout TextCursor) -> Int64? {
        _ = cursor.skipSpaces()
        if cursor.isAtEnd { return 0 }
        // "UTC+3" says what must be added to get UTC.
        var isReversed = false
        if cursor.take("Z") || cursor.take("z") {
            return cursor.isAtEnd ? 0 : nil
        } else if cursor.takeWord("UTC") || cursor.takeWord("GMT") {
            if cursor.isAtEnd { return 0 }
            isReversed = true
        }
        let isBehind = cursor.take("-")
        guard isBehind || cursor.take("+"), let digits = cursor.digits(), let number = Int64(digits) else {
            return nil
        }
        var minutes = number * 60
        if digits.count == 4 {
            minutes = number / 100 * 60 + number % 100
        } else if digits.count > 2 {
            return nil
        } else if cursor.take(":") {
            guard let rest = cursor.number(2...2) else { return nil }
            minutes += rest.value
        }
        guard cursor.isAtEnd, minutes < 24 * 60 else { return nil }
        return isBehind != isReversed ? -minutes : minutes
    }

    /// Microseconds since midnight; nil for a time that does not exist.
    private static func time(_ hour: Int64, _ minute: Int64, _ second: Int64, _ rest: Int64) -> Int64? {
        guard hour < 24, minute < 60, second < 60 else { return nil }
        return (hour * 3600 + minute * 60 + second) * 1_000_000 + rest
    }

    static func trimmed(_ scalars: some BidirectionalCollection<Unicode.Scalar>) -> String {
        let start = scalars.firstIndex { !$0.properties.isWhitespace } ?? scalars.endIndex
        let end = scalars.lastIndex { !$0.properties.isWhitespace }.map { scalars.index(after: $0) }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<max(start, end ?? start)])
        return String(text)
    }
}

/// Reads a text from its start.
private struct TextCursor {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    var isAtEnd: Bool { position == scalars.count }

    var rest: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[position...])
        return String(text)
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    /// What `read` gives; where that is nothing, nothing was read.
    mutating func attempt<Part>(_ read: (inout TextCursor) -> Part?) -> Part? {
        var copy = self
        guard let part = read(&copy) else { return nil }
        self = copy
        return part
    }

    /// One character, whatever it is.
    mutating func skip() -> Bool {
        guard !isAtEnd else { return false }
        position += 1
        return true
    }

    mutating func skipSpaces() -> Bool {
        let start = position
        while next == " " { position += 1 }
        return position > start
    }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        let wanted = Array(word.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    /// What stands between the parts of a date.
    mutating func takeSeparator() -> Unicode.Scalar? {
        guard let next, ["-", "/", ".", " "].contains(next) else { return nil }
        position += 1
        return next
    }

    /// All digits that follow.
    mutating func digits() -> String? {
        var text = ""
        while let next, Self.isDigit(next) {
            text.unicodeScalars.append(next)
            position += 1
        }
        return text.isEmpty ? nil : text
    }

    /// Up to so many digits, which are no more than 18.
    mutating func number(_ count: ClosedRange<Int>) -> (value: Int64, digits: Int)? {
        var value: Int64 = 0
        var digits = 0
        while digits < count.upperBound, let next, Self.isDigit(next) {
            value = value * 10 + Int64(next.value - 48)
            digits += 1
            position += 1
        }
        return digits >= count.lowerBound ? (value, digits) : nil
    }

    /// The number of the month whose English name, or its first three letters, follow.
    mutating func month() -> Int64? {
        let start = position
        var name = ""
        while let next, next.properties.isAlphabetic {
            name.unicodeScalars.append(next)
            position += 1
        }
        let lower = name.lowercased()
        if let index = Self.months.firstIndex(where: { $0 == lower || $0.prefix(3) == lower }) {
            return Int64(index) + 1
        }
        position = start
        return nil
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
        "november", "december",
    ]
}
