// SPDX-License-Identifier: Apache-2.0
// Expected values are those of cftime 1.6.

import KerchunkModel
import Testing

@Suite struct CFTimeTests {
    private func text(_ value: Double, _ units: String, _ calendar: String? = nil) -> String? {
        CFTime(units: units, calendar: calendar)?.moment(value)?.description
    }

    @Test(arguments: [
        (59.0, "days since 2000-01-01", "standard", "2000-02-29"),
        (59.0, "days since 2000-01-01", "noleap", "2000-03-01"),
        (59.0, "days since 2001-01-01", "all_leap", "2001-02-29"),
        (59.0, "days since 2000-01-01", "360_day", "2000-02-30"),
        (-1.0, "days since 2000-01-01", "360_day", "1999-12-30"),
        (1.0, "days since 1582-10-04", "standard", "1582-10-15"),
        (1.0, "days since 1582-10-04", "proleptic_gregorian", "1582-10-05"),
        (10.0, "days since 1582-10-04", "julian", "1582-10-14"),
        (36.5, "hours since 1900-01-01 00:00:0.0", "gregorian", "1900-01-02T12:30:00"),
        (1.5, "seconds since 1970-01-01T00:00:00Z", "standard", "1970-01-01T00:00:01.500000"),
        (-1.0, "seconds since 1970-01-01", "standard", "1969-12-31T23:59:59"),
        (738000.25, "days since 1-1-1", "standard", "2021-07-28T06:00:00"),
        (730119.0, "days since 0001-01-01", "proleptic_gregorian", "2000-01-01"),
    ])
    func numbersBecomeDates(_ value: Double, _ units: String, _ calendar: String, _ expected: String) {
        #expect(text(value, units, calendar) == expected)
    }

    @Test(arguments: [
        ("months since 2000-01-01", "standard"), ("K", "standard"), ("days since yesterday", "standard"),
        ("days since 2000-01-01", "martian"), ("days since 2001-02-29", "standard"),
        ("days since 1582-10-10", "standard"),
    ])
    func whatIsNotUnderstoodIsNoTime(_ units: String, _ calendar: String) {
        #expect(CFTime(units: units, calendar: calendar) == nil)
    }

    /// UDUNITS: the offset is that of local time, which is ahead of UTC where it is above zero.
    @Test func offsetsFromUTCCount() {
        #expect(text(0, "hours since 2000-01-01 12:00 +2:00") == "2000-01-01T10:00:00")
        #expect(text(0, "hours since 2000-01-01 12:00 -2:00") == "2000-01-01T14:00:00")
    }

    @Test func numbersOutOfRangeHaveNoDate() {
        #expect(text(.nan, "days since 2000-01-01") == nil)
        #expect(text(1e300, "days since 2000-01-01") == nil)
        #expect(text(1e17, "days since 2000-01-01") == nil)
    }
}
