// SPDX-License-Identifier: Apache-2.0
// Times in the units of one input as times in those of another.

import KerchunkBytes
import KerchunkModel
import KerchunkReading

/// Numbers in one unit of time as numbers in another.
struct TimeConversion {
    let old: CFTime
    let new: CFTime

    /// - Returns: nil for units that are not understood.
    init?(from old: TimeUnits, to new: TimeUnits) {
        guard let one = old.time, let other = new.time else { return nil }
        self.old = one
        self.new = other
    }

    /// Whether some times have the same dates in both.
    var isPossible: Bool {
        let gregorian: [CFTime.Calendar] = [.standard, .prolepticGregorian]
        return old.calendar == new.calendar
            || (gregorian.contains(old.calendar) && gregorian.contains(new.calendar))
    }

    /// Converted times as readers decode them to the very moment; those that are as they were in some input stay.
    /// - Parameters:
    ///   - keys: by input.
    ///   - converted: by input, the units that they were converted from.
    static func decodable(
        _ joined: [CoordinateKey], _ units: TimeUnits?, _ keys: [[CoordinateKey]], _ converted: [TimeUnits?]
    ) -> [CoordinateKey] {
        guard converted.contains(where: { $0 != nil }), let time = units?.time else { return joined }
        let kept = Set(zip(keys, converted).filter { $1 == nil }.flatMap(\.0))
        return joined.map { kept.contains($0) ? $0 : $0.decodable(time) }
    }

    /// - Returns: nil where the calendars have other days, and for numbers that are no times.
    func keys(_ keys: [CoordinateKey]) -> [CoordinateKey]? {
        var times: [CFTime.DayTime] = []
        var instants: [Int64] = []
        for key in keys {
            guard let time = old.dayTime(key.timeValue), let instant = time.instant else { return nil }
            times.append(time)
            instants.append(instant)
        }
        guard old.agrees(with: new, on: instants) else { return nil }
        var converted: [CoordinateKey] = []
        for time in times {
            switch new.value(of: time) {
            case .whole(let value): converted.append(.integer(value))
            case .real(let value): converted.append(.real(value))
            case nil: return nil
            }
        }
        return converted
    }
}

extension CoordinateKey {
    var timeValue: CFTime.Value {
        switch self {
        case .integer(let value): .whole(value)
        case .real(let value): .real(value)
        case .text: .real(.nan)
        }
    }

    /// A time as readers decode it to the very moment.
    func decodable(_ time: CFTime) -> CoordinateKey {
        if case .real(let value) = self { .real(time.decodable(value)) } else { self }
    }
}
