// SPDX-License-Identifier: Apache-2.0
// Times as a day and nanoseconds, in which all units that have a fixed length are whole numbers.

import KerchunkBytes

extension CFTime {
    /// A moment to the nanosecond.
    public struct DayTime: Hashable, Sendable {
        /// As calendars number days.
        let day: Int64
        /// Since midnight, less than a day.
        let nanoseconds: Int64

        /// Microseconds from day 0, rounded down; nil where they do not fit.
        public var instant: Int64? {
            day.multiplied(by: CFTime.microsecondsOfDay)?.adding(nanoseconds / 1000)
        }
    }

    private static let nanosecondsOfDay: Int64 = 86_400_000_000_000

    /// The moment that `value` means, exact for whole numbers, else as xarray decodes it.
    /// - Returns: nil for NaN and what no calendar reaches.
    public func dayTime(_ value: Value) -> DayTime? {
        let whole: Int64
        var nanoseconds: Int64 = 0
        switch value {
        case .whole(let number): whole = number
        case .real(let real):
            guard real.isFinite, real.magnitude < 0x1p62 else { return nil }
            let product = real * Double(unit)
            let microseconds = (product / 1000).rounded()
            if product.magnitude < 0x1p53, (product - microseconds * 1000).magnitude > 1 {
                // As xarray, which cuts off what is less than a nanosecond.
                whole = Int64(real)
                nanoseconds = Int64(product) - whole * unit
            } else {
                // To the microsecond: nothing finer was meant, or can be said by the number.
                let floor = real.rounded(.down)
                whole = Int64(floor)
                nanoseconds = Int64(((real - floor) * Double(unit) / 1000).rounded()) * 1000
            }
        }
        var days: Int64
        if unit <= Self.nanosecondsOfDay {
            // Each unit is a part of a day.
            let count = Self.nanosecondsOfDay / unit
            days = whole.floorQuotient(by: count)
            nanoseconds += (whole - days * count) * unit
        } else {
            // Months and years of whole days.
            guard let product = whole.multiplied(by: unit / Self.nanosecondsOfDay) else { return nil }
            days = product
        }
        nanoseconds += referenceMicroseconds * 1000
        let further = nanoseconds.floorQuotient(by: Self.nanosecondsOfDay)
        guard let sum = days.adding(further)?.adding(referenceDay), sum.magnitude < 1 << 40
        else { return nil }
        days = sum
        return DayTime(day: days, nanoseconds: nanoseconds - further * Self.nanosecondsOfDay)
    }

    /// The value that `time` has in these units: whole where it is, else a real number that decodes to it, or nearly.
    public func value(of time: DayTime) -> Value? {
        guard var days = time.day.adding(-referenceDay) else { return nil }
        var rest = time.nanoseconds - referenceMicroseconds * 1000
        if rest < 0 {
            days -= 1
            rest += Self.nanosecondsOfDay
        }
        guard unit <= Self.nanosecondsOfDay else {
            let length = unit / Self.nanosecondsOfDay
            let whole = days.floorQuotient(by: length)
            let part = Double(days - whole * length) + Double(rest) / Double(Self.nanosecondsOfDay)
            return part == 0 ? .whole(whole) : .real(Double(whole) + part / Double(length))
        }
        let count = Self.nanosecondsOfDay / unit
        guard let whole = days.multiplied(by: count)?.adding(rest / unit) else { return nil }
        if rest % unit == 0 { return .whole(whole) }
        let value = Double(whole) + Double(rest % unit) / Double(unit)
        // xarray cuts off what is less than a nanosecond, so that the number beside it may be the right one.
        guard let nanoseconds = days.multiplied(by: Self.nanosecondsOfDay)?.adding(rest) else {
            return .real(value)
        }
        let best = [value, value.nextUp, value.nextDown].first { number in
            let decoded = number * Double(unit)
            return decoded.magnitude < 0x1p63 && Int64(decoded) == nanoseconds
        }
        return .real(best ?? value)
    }
}
