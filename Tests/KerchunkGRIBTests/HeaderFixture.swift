// SPDX-License-Identifier: Apache-2.0
// Messages with what eccodes reads out of their headers. Made by Fixtures/grib-headers/make_headers.py.

import KerchunkBytes
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkGRIB

/// What eccodes says of a message.
struct HeaderFixture: Sendable {
    let offset: UInt64
    let length: UInt64
    let keys: JSONObject

    func text(_ key: String) -> String? { keys[key]?.string }
    func number(_ key: String) -> Double? { keys[key]?.number?.double }
    func whole(_ key: String) -> Int? { number(key).map { Int($0) } }

    /// Start and end of the step in seconds.
    var steps: (start: Int64, end: Int64)? {
        guard let found = keys["steps"]?.array, found.count == 2, let start = found[0].number?.double,
            let end = found[1].number?.double
        else { return nil }
        return (Int64(start), Int64(end))
    }

    /// Seconds since 1970 of a date as YYYYMMDD and a time as HHMM.
    func seconds(_ date: String, _ time: String) -> Int64? {
        guard let date = whole(date), let time = whole(time) else { return nil }
        return GRIBCalendar.seconds(
            year: date / 10_000, month: date / 100 % 100, day: date % 100, hour: time / 100,
            minute: time % 100,
            second: 0)
    }

    static let file = fixture("grib-headers/headers.grib")

    static let all: [HeaderFixture] = {
        guard let index = try? JSONScanner.parse(fixture("grib-headers/headers.json")),
            case .array(let entries) = index
        else { return [] }
        return entries.compactMap { entry in
            guard let keys = entry.object, let offset = keys["offset"]?.number,
                let length = keys["length"]?.number
            else { return nil }
            return HeaderFixture(offset: UInt64(offset.double), length: UInt64(length.double), keys: keys)
        }
    }()

    /// The bytes of the message number `index`.
    static func message(_ index: Int) -> Bytes {
        file[Int(all[index].offset)..<Int(all[index].offset + all[index].length)]
    }

    /// The first message of edition 2 whose template has this number.
    static func message(template: Int) throws -> Bytes {
        let listing = try FieldListing(MemorySource(file))
        let field = try #require(
            listing.fields.first { $0.keys[.productDefinitionTemplateNumber] == template })
        return file[Int(field.offset)..<Int(field.offset + field.length)]
    }
}
