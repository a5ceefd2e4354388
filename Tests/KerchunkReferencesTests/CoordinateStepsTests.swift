// SPDX-License-Identifier: Apache-2.0
// Steps of coordinates; dates of what is missing are written out.

import KerchunkModel
import KerchunkReading
import KerchunkReferences
import Testing

@Suite struct CoordinateStepsTests {
    private func steps(
        of values: [Double], _ units: String? = nil, _ calendar: String = "standard",
        type: DataType = .float(width: 8, .little)
    ) -> CoordinateSteps? {
        let time = units.flatMap { CFTime(units: $0, calendar: calendar) }
        return CoordinateSteps(values.map { .real($0) }, type: type, time: time) { "\(values[$0])" }
    }

    private let days = (0..<60).map(Double.init)

    @Test func missingDaysAreNamed() throws {
        let found = try #require(
            steps(of: days.filter { !(33...35).contains($0) }, "days since 2001-01-01"))
        #expect(found.step?.text == "1 day" && found.count == 1 && found.missing == 3)
        #expect(found.places[0].text == "3 days are missing: 2001-02-03 to 2001-02-05")
        #expect(found.places[0].index == 32)
    }

    @Test func daysGoBack() throws {
        let found = try #require(
            steps(of: days.filter { $0 != 33 }.reversed(), "days since 2001-01-01"))
        #expect(found.isDescending && found.places.map(\.text) == ["1 day is missing: 2001-02-03"])
    }

    @Test(arguments: ["standard", "noleap", "all_leap", "360_day", "julian", "proleptic_gregorian"])
    func monthsAreMonthlyInAllCalendars(calendar: String) throws {
        let lengths: [Double] =
            calendar == "360_day"
            ? Array(repeating: 30, count: 12)
            : [31, calendar == "all_leap" ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let starts = lengths.reduce(into: [0.0]) { $0.append($0[$0.count - 1] + $1) }
        let whole = try #require(steps(of: starts, "days since 2001-01-01", calendar))
        #expect(whole.step == .months(1) && whole.count == 0)
        let middles = zip(starts, starts.dropFirst()).map { ($0 + $1) / 2 }
        #expect(steps(of: middles, "days since 2001-01-01", calendar)?.count == 0)
        let some = try #require(
            steps(of: Array(starts[..<4] + starts[6...]), "days since 2001-01-01", calendar))
        #expect(some.places.map(\.text) == ["2 months are missing: 2001-05 to 2001-06"])
    }

    @Test func tenDaysOfMonthsAreRegular() throws {
        let found = try #require(
            steps(of: [0, 10, 20, 31, 41, 51, 59, 69, 79, 90, 110], "days since 2001-01-01"))
        #expect(found.step == .days([1, 11, 21]))
        #expect(found.places.map(\.text) == ["1 value is missing: 2001-04-11"])
    }

    @Test func roundingIsNotIrregular() {
        let hours = (0..<100).map { Double($0) / 24 }
        #expect(steps(of: hours, "days since 1850-01-01")?.step?.text == "1 hour")
        let narrow = (0..<100).map { Double(Float(40_000 + Double($0) / 24)) }
        let found = steps(of: narrow, "days since 1850-01-01", type: .float(width: 4, .little))
        #expect(found?.step?.text == "1 hour" && found?.count == 0)
        #expect(steps(of: (0..<1801).map { -90 + 0.1 * Double($0) })?.step?.text == "0.1")
    }

    @Test func numbersAreNamed() throws {
        let found = try #require(
            steps(of: (0..<20).filter { $0 != 9 && $0 != 10 }.map { 5 - 0.25 * Double($0) }))
        #expect(found.step?.text == "-0.25")
        #expect(found.places.map(\.text) == ["2 values are missing: 2.75 to 2.5"])
    }

    @Test func levelsHaveNoStep() throws {
        let found = try #require(steps(of: [1000, 925, 850, 700, 500, 400, 300, 250]))
        #expect(found.step == nil && found.places.isEmpty)
        #expect(found.spread?.smallest == "-50" && found.spread?.largest == "-200")
    }

    @Test func repeatedAndReversedValuesAreTold() throws {
        let twice = try #require(steps(of: [0, 1, 1, 2, 3], "days since 2001-01-01"))
        #expect(twice.places.map(\.text) == ["1.0 occurs twice"])
        let back = try #require(steps(of: [0, 1, 2, 1, 2, 3]))
        #expect(back.places.map(\.text) == ["2.0 is followed by 1.0, which goes backwards"])
    }

    @Test func thousandsOfPlacesAreCounted() throws {
        let found = try #require(steps(of: (0..<9000).filter { $0 % 4 != 1 }.map(Double.init)))
        #expect(
            found.count == 2250 && found.missing == 2250 && found.places.count == CoordinateSteps.placeLimit)
    }

    @Test(
        arguments: [
            [.infinity, 0], [.nan, .nan, 1], [-1e308, 1e308], [0, 1, 2, 1e300, 1.1e300], [1e18, 2e18, 9e18],
            [0, 0, 0], [5], [],
        ] as [[Double]])
    func oddValuesAreNoTrap(values: [Double]) {
        _ = steps(of: values)
        _ = steps(of: values, "days since 2001-01-01")
        _ = steps(of: values, "nanoseconds since 2001-01-01", "julian")
    }
}
