// SPDX-License-Identifier: Apache-2.0
// Coordinates of a field but its grid's, with the attributes that kerchunk writes: those of cfgrib.

import KerchunkBytes

/// One number that places a field.
struct FieldCoordinate: Hashable, Sendable {
    enum Value: Hashable, Sendable {
        case integer(Int64)
        case real(Double)
    }

    let name: String
    let value: Value

    /// What the variable of a coordinate says; nothing for levels that cfgrib has no words for.
    static func attributes(_ name: String) -> JSONObject {
        JSONObject((attributes[name] ?? []).map { ($0, JSONValue.string($1)) })
    }

    private static let epoch = ("units", "seconds since 1970-01-01T00:00:00")
    private static let calendar = ("calendar", "proleptic_gregorian")
    private static let validTime = [epoch, calendar, ("standard_name", "time"), ("long_name", "time")]
    private static let soil = [
        ("units", "m"), ("positive", "down"), ("long_name", "soil depth"), ("standard_name", "depth"),
    ]
    private static func pressure(_ units: String, isDecreasing: Bool) -> [(String, String)] {
        [("units", units), ("positive", "down")] + (isDecreasing ? [("stored_direction", "decreasing")] : [])
            + [("standard_name", "air_pressure"), ("long_name", "pressure")]
    }

    private static let attributes: [String: [(String, String)]] = [
        "latitude": [
            ("units", "degrees_north"), ("standard_name", "latitude"), ("long_name", "latitude"),
        ],
        "longitude": [
            ("units", "degrees_east"), ("standard_name", "longitude"), ("long_name", "longitude"),
        ],
        "depthBelowLand": soil,
        "depthBelowLandLayer": soil,
        "hybrid": [
            ("units", "1"), ("positive", "down"), ("long_name", "hybrid level"),
            ("standard_name", "atmosphere_hybrid_sigma_pressure_coordinate"),
        ],
        "heightAboveGround": [
            ("units", "m"), ("positive", "up"), ("long_name", "height above the surface"),
            ("standard_name", "height"),
        ],
        "isobaricInhPa": pressure("hPa", isDecreasing: true),
        "isobaricInPa": pressure("Pa", isDecreasing: true),
        "isobaricLayer": pressure("Pa", isDecreasing: false),
        "number": [
            ("units", "1"), ("standard_name", "realization"), ("long_name", "ensemble member numerical id"),
        ],
        "step": [
            ("units", "hours"), ("standard_name", "forecast_period"),
            ("long_name", "time since forecast_reference_time"), ("dtype", "timedelta64[ns]"),
        ],
        "time": [
            epoch, calendar, ("standard_name", "forecast_reference_time"),
            ("long_name", "initial time of forecast"),
        ],
        "indexing_time": [
            epoch, calendar, ("standard_name", "forecast_reference_time"),
            ("long_name", "nominal initial time of forecast"),
        ],
        "valid_time": validTime,
        "valid_month": validTime,
        "verifying_time": validTime,
        "forecastMonth": [("units", "1"), ("long_name", "months since forecast_reference_time")],
    ]
}

extension Field {
    /// In kerchunk's order, in which latitudes and longitudes follow the level. Steps are hours, as a real where they are
    /// no whole ones.
    var coordinates: [FieldCoordinate] {
        var found: [FieldCoordinate] = []
        func add(_ name: String, _ value: Int64?) {
            if let value { found.append(FieldCoordinate(name: name, value: .integer(value))) }
        }
        if let type = names.typeOfLevel, let level {
            found.append(FieldCoordinate(name: type, value: .real(level.value)))
        }
        add("number", number.map { Int64($0) })
        if let step = times.step {
            if step % 3600 == 0 {
                add("step", step / 3600)
            } else {
                found.append(FieldCoordinate(name: "step", value: .real(Double(step) / 3600)))
            }
        }
        add("time", times.time)
        add("indexing_time", indexingTime)
        add("valid_time", times.validTime)
        add("valid_month", validMonth)
        add("verifying_time", verifyingTime)
        add("forecastMonth", keys[.forecastMonth].map { Int64($0) })
        return found
    }

    /// ECMWF's streams of monthly means: mnth, moda, wamo, edmm, edmo, ewmo, ewmm.
    private static let monthlyStreams: Set<Int> = [1043, 1071, 1080, 1242, 1243, 1244, 1245]
    /// Its types of analyses and forecasts: an, 4v, fc.
    private static let analysis = 2
    private static let monthlyTypes: Set<Int> = [analysis, 6, 9]

    /// The month of a monthly mean, at the time of day that it is valid for: of an analysis the day that is coded.
    private var validMonth: Int64? {
        guard let stream = keys[.marsStream], Self.monthlyStreams.contains(stream),
            let type = keys[.marsType],
            Self.monthlyTypes.contains(type), let time = times.time, let valid = times.validTime
        else { return nil }
        let day: Int64 = 86_400
        /// Days since 1970, also before it.
        func days(_ seconds: Int64) -> Int64 { (seconds >= 0 ? seconds : seconds - (day - 1)) / day }
        let timeOfDay = valid - days(valid) * day
        if type == Self.analysis { return days(time) * day + timeOfDay }
        let date = GRIBCalendar.date(Int(days(valid)))
        return GRIBCalendar.days(year: date.year, month: date.month, day: 1).map {
            Int64($0) * day + timeOfDay
        }
    }

    /// The start of the month that a monthly mean is for; seconds since 1970.
    private var verifyingTime: Int64? {
        keys[.verifyingMonth].flatMap { month in
            GRIBCalendar.seconds(year: month / 100, month: month % 100, day: 1, hour: 0, minute: 0, second: 0)
        }
    }

    /// The time under which ECMWF's archive has a field of a lagged ensemble; seconds since 1970.
    private var indexingTime: Int64? {
        guard let date = keys[.indexingDate], let time = keys[.indexingTime] else { return nil }
        return GRIBCalendar.seconds(
            year: date / 10_000, month: date / 100 % 100, day: date % 100, hour: time / 100,
            minute: time % 100,
            second: 0)
    }
}
