// SPDX-License-Identifier: Apache-2.0
// When a field is from, and when it is for. Spec: WMO Manual on Codes I.2, code tables 4.4, 4.10 and 4.11; edition 1: code
// tables 4 and 5.

/// Times of a field, in seconds.
struct FieldTimes: Hashable, Sendable {
    /// Since 1970: the reference time of the message. Nil where it is no date.
    var time: Int64?
    /// From `time` to the end of the interval, or to the moment. Nil where the product has none.
    var step: Int64?
    /// From `time` to the start of the interval.
    var start: Int64?
    /// Since 1970: the end of the interval as it is coded, else `time` and `step`.
    var validTime: Int64?
}

/// Units of time: code table 4.4, and edition 1's table 4.
enum TimeUnit: Hashable, Sendable {
    case seconds(Int)
    case months(Int)

    static func edition2(_ code: Int) -> TimeUnit? {
        switch code {
        case 13: .seconds(1)
        case 14: .seconds(900)
        case 15: .seconds(1800)
        default: common(code)
        }
    }

    static func edition1(_ code: Int) -> TimeUnit? {
        switch code {
        case 13: .seconds(900)
        case 14: .seconds(1800)
        case 15, 254: .seconds(1)
        default: common(code)
        }
    }

    private static func common(_ code: Int) -> TimeUnit? {
        switch code {
        case 0: .seconds(60)
        case 1: .seconds(3600)
        case 2: .seconds(86_400)
        case 3: .months(1)
        case 4: .months(12)
        case 5: .months(120)
        case 6: .months(360)
        case 7: .months(1200)
        case 10: .seconds(3 * 3600)
        case 11: .seconds(6 * 3600)
        case 12: .seconds(12 * 3600)
        default: nil
        }
    }

    /// `count` of the unit after `start`, which is a number of seconds after `time`.
    func seconds(_ count: Int, after start: Int64, of time: Int64?) -> Int64? {
        switch self {
        // both are numbers of at most 4 bytes, so that the product fits
        case .seconds(let length): return start + Int64(count) * Int64(length)
        case .months(let length):
            guard let time, abs(count) < 1_000_000,
                let end = GRIBCalendar.adding(months: count * length, to: time + start)
            else { return nil }
            return end - time
        }
    }
}

extension CodedKeys {
    private func date(
        _ year: GRIBKey, _ month: GRIBKey, _ day: GRIBKey, _ hour: GRIBKey, _ minute: GRIBKey,
        _ second: GRIBKey
    ) -> Int64? {
        guard let year = self[year], let month = self[month], let day = self[day], let hour = self[hour],
            let minute = self[minute], let second = self[second]
        else { return nil }
        return GRIBCalendar.seconds(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// The reference time of sections 1.
    private var referenceTime: Int64? { date(.year, .month, .day, .hour, .minute, .second) }

    /// The date of the model's version, which hindcasts have; seconds since 1970.
    var modelVersion: Int64? {
        date(
            .yearOfModelVersion, .monthOfModelVersion, .dayOfModelVersion, .hourOfModelVersion,
            .minuteOfModelVersion, .secondOfModelVersion)
    }

    // MARK: Edition 2

    /// What `stepType` is called; empty where it has no name.
    var stepTypeOfEdition2: String {
        guard let ranges = self[.numberOfTimeRanges] else { return "instant" }
        guard (1...2).contains(ranges) else { return "multiple steps" }
        return switch self[.typeOfStatisticalProcessing] ?? 255 {
        case 0: "avg"
        case 1: "accum"
        case 2: "max"
        case 3: "min"
        case 4: "diff"
        case 5: "rms"
        case 6: "sd"
        case 7: "cov"
        case 8: "sdiff"
        case 9: "ratio"
        case 10: "stdanom"
        case 11: "sum"
        case 100: "severity"
        case 101: "mode"
        case 102: "index"
        case 255: "instant"
        default: ""
        }
    }

    var timesOfEdition2: FieldTimes {
        if self[.numberOfForecastsUsedInLocalTime] != nil { return localTimes }
        var times = FieldTimes(time: referenceTime)
        guard let count = self[.forecastTime], let code = self[.indicatorOfUnitForForecastTime],
            let unit = TimeUnit.edition2(code), let start = unit.seconds(count, after: 0, of: times.time)
        else {
            times.validTime = times.time
            return times
        }
        times.start = start
        let end = endOfInterval
        times.step = step(from: start, times.time)
        if times.step == nil, let end, let time = times.time { times.step = end - time }
        times.validTime = end ?? times.time.flatMap { time in times.step.map { time + $0 } }
        return times
    }

    /// The end of the overall interval, where it is coded.
    private var endOfInterval: Int64? {
        guard self[.yearOfEndOfOverallTimeInterval] ?? 0 != 0 else { return nil }
        return date(
            .yearOfEndOfOverallTimeInterval, .monthOfEndOfOverallTimeInterval, .dayOfEndOfOverallTimeInterval,
            .hourOfEndOfOverallTimeInterval, .minuteOfEndOfOverallTimeInterval,
            .secondOfEndOfOverallTimeInterval)
    }

    /// Code table 4.11: missing.
    private static let noIncrement = 255

    /// The end of the step by the length of the interval; nil where intervals do not tell it.
    private func step(from start: Int64, _ time: Int64?) -> Int64? {
        guard let ranges = self[.numberOfTimeRanges] else { return start }
        let increments = all(.typeOfTimeIncrement)
        let range: Int
        switch ranges {
        case 1:
            // Increment 1: successive runs, whose number is no length of the forecast.
            if increments.first == 1 { return start }
            range = 0
        case 2:
            // The outer range, unless it says nothing of its increments.
            guard let found = increments.firstIndex(where: { $0 != Self.noIncrement }) else { return nil }
            range = found
        default: return nil
        }
        let (units, lengths) = (all(.indicatorOfUnitForTimeRange), all(.lengthOfTimeRange))
        guard units.indices.contains(range), let unit = TimeUnit.edition2(units[range]) else { return nil }
        return unit.seconds(lengths[range], after: start, of: time)
    }

    /// Products of a local time: the forecast that was used, and the local time as its end.
    private var localTimes: FieldTimes {
        let local = referenceTime
        let forecast = date(
            .yearOfForecastUsedInLocalTime, .monthOfForecastUsedInLocalTime, .dayOfForecastUsedInLocalTime,
            .hourOfForecastUsedInLocalTime, .minuteOfForecastUsedInLocalTime, .secondOfForecastUsedInLocalTime
        )
        guard self[.numberOfForecastsUsedInLocalTime] == 1, let local, let forecast else {
            return FieldTimes(time: local, validTime: local)
        }
        return FieldTimes(time: forecast, step: local - forecast, start: local - forecast, validTime: local)
    }

    // MARK: Edition 1

    /// Types of step whose second period is no end: of a moment, and of means over several runs or days.
    private static let stepTypesOfOneTime: Set<String> = ["instant", "avgfc", "avgua", "avgia", "varins"]

    func timesOfEdition1(stepType: String) -> FieldTimes {
        var times = FieldTimes(time: referenceTime)
        guard let code = self[.unitOfTimeRange], let unit = TimeUnit.edition1(code),
            let one = self[.periodOne],
            let two = self[.periodTwo]
        else { return times }
        let indicator = self[.timeRangeIndicator]
        let (start, end): (Int, Int)
        if indicator == 10 {
            (start, end) = (one << 8 | two, one << 8 | two)
        } else if Self.stepTypesOfOneTime.contains(stepType) {
            (start, end) = (one, one)
        } else if stepType == "accum", indicator == 0 {
            (start, end) = (0, one)
        } else {
            (start, end) = (one, two)
        }
        times.start = unit.seconds(start, after: 0, of: times.time)
        times.step = unit.seconds(end, after: 0, of: times.time)
        if let time = times.time, let step = times.step { times.validTime = time + step }
        return times
    }
}
