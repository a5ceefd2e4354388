// SPDX-License-Identifier: Apache-2.0
// Expected values are those of cftime 1.6.

import KerchunkReading
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
        (366.0, "days since 0000-01-01", "proleptic_gregorian", "0001-01-01"),
        (365.0, "Days Since 2000-02-28", "noleap", "2001-02-28"),
        (2.0, "common_years since 2000-02-28", "365_day", "2002-02-28"),
        (1.0, "months since 2000-01-15", "360_day", "2000-02-15"),
        (1.0, "msecs since 2000-01-01 00:00:00.5Z", "standard", "2000-01-01T00:00:00.501000"),
        (0.0, "days since 1958-01-01", "tai", "1958-01-01"),
    ])
    func numbersBecomeDates(_ value: Double, _ units: String, _ calendar: String, _ expected: String) {
        #expect(text(value, units, calendar) == expected)
    }

    @Test(arguments: [
        ("months since 2000-01-01", "standard"), ("K", "standard"), ("days since yesterday", "standard"),
        ("days since 2000-01-01", "martian"), ("days since 2001-02-29", "standard"),
        ("days since 1582-10-10", "standard"), ("days since 0000-01-01", "julian"),
        ("ns since 2000-01-01", "standard"), ("common_year since 2000-01-01", "standard"),
        ("days since 1957-12-31", "tai"), ("days since 20000101", "noleap"),
        ("hours since 2000-01-01 24:00", "standard"), ("hours since 2000-01-01 02:30 PM", "standard"),
        ("", "standard"), ("since", "standard"), (" since ", "standard"), ("days since ", "standard"),
        ("days since 99999999999999999999-01-01", "standard"),
    ])
    func whatIsNotUnderstoodIsNoTime(_ units: String, _ calendar: String) {
        #expect(CFTime(units: units, calendar: calendar) == nil)
    }

    /// Expected: xarray 2026.9. The offset is that of local time, which is ahead of UTC where it is above zero.
    @Test(arguments: [
        ("12:00 +2:00", "2000-01-01T10:00:00"), ("12:00 -2:00", "2000-01-01T14:00:00"),
        ("12:00:00.0 +05:30", "2000-01-01T06:30:00"), ("12:00:00+0530", "2000-01-01T06:30:00"),
        ("12:00:00-03:30", "2000-01-01T15:30:00"), ("12:00 -6", "2000-01-01T18:00:00"),
        ("12:00 UTC", "2000-01-01T12:00:00"), ("12:00UTC", "2000-01-01T12:00:00"),
        ("12:00 gmt", "2000-01-01T12:00:00"), ("12Z", "2000-01-01T12:00:00"),
        ("1230", "2000-01-01T12:30:00"), ("12:00:00 0", "2000-01-01T12:00:00"),
        ("12:00 EST", "2000-01-01T12:00:00"), ("-6:00", "2000-01-01T06:00:00"),
    ])
    func timesOfDayAndOffsetsCount(_ time: String, _ expected: String) {
        #expect(text(0, "hours since 2000-01-01 " + time) == expected)
    }

    /// Expected: xarray 2026.9.
    @Test(arguments: [
        ("20000102", "2000-01-02"), ("20000102T0304", "2000-01-02T03:04:00"), ("2000-1-2", "2000-01-02"),
        ("2000/01/02", "2000-01-02"), ("01/02/2000", "2000-01-02"), ("13/02/2000", "2000-02-13"),
        ("2-JAN-2000", "2000-01-02"), ("January 2, 2000 03:04", "2000-01-02T03:04:00"),
        ("2000-01-02T03:04:05.25Z", "2000-01-02T03:04:05.250000"), ("2000", "2000-01-01"),
    ])
    func datesAreReadAsPandasDoes(_ date: String, _ expected: String) {
        #expect(text(0, "days since " + date) == expected)
    }

    /// Expected: cftime, which passes over what it does not know.
    @Test func otherCalendarsAreReadAsCFTimeDoes() {
        #expect(text(0, "hours since 2000-01-01 12:00 +02:00", "noleap") == "2000-01-01T10:00:00")
        #expect(text(0, "hours since 2000-01-01 12:00 +2:00", "noleap") == "2000-01-01T12:00:00")
        #expect(text(0, "hours since 2000-01-01 12", "noleap") == "2000-01-01")
    }

    @Test func numbersOutOfRangeHaveNoDate() {
        #expect(text(.nan, "days since 2000-01-01") == nil)
        #expect(text(1e300, "days since 2000-01-01") == nil)
        #expect(text(1e17, "days since 2000-01-01") == nil)
    }
}
