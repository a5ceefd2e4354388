// SPDX-License-Identifier: Apache-2.0
// Elements as keys and back, times in other units, and values that are joined.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReading
import KerchunkReferences
import Testing

@testable import KerchunkCombining

@Suite struct ElementCodingTests {
    @Test(arguments: [
        (DataType.bool, [CoordinateKey.integer(0), .integer(1)]),
        (.integer(isSigned: true, width: 1, .little), [.integer(-128), .integer(127)]),
        (.integer(isSigned: false, width: 1, .little), [.integer(0), .integer(255)]),
        (.integer(isSigned: true, width: 2, .big), [.integer(-32768), .integer(258)]),
        (.integer(isSigned: true, width: 4, .little), [.integer(-1), .integer(2_147_483_647)]),
        (.integer(isSigned: true, width: 8, .big), [.integer(.min), .integer(.max)]),
        (.integer(isSigned: false, width: 8, .little), [.integer(.max)]),
        (.float(width: 2, .little), [.real(-1.5), .real(.infinity)]),
        (.float(width: 4, .big), [.real(0.1015625), .real(-0.0)]),
        (.float(width: 8, .little), [.real(0.1), .real(.nan), .real(.leastNonzeroMagnitude)]),
        (.datetime(unit: "ns", .little), [.integer(-1), .integer(.max)]),
        (.fixedBytes(length: 5), [.text("ab"), .text("ä"), .text("")]),
        (.fixedText(length: 3, .big), [.text("äöü"), .text("")]),
        (.text, [.text("a longer text"), .text(""), .text("ä")]),
    ])
    func elementsSurvive(_ type: DataType, _ keys: [CoordinateKey]) throws {
        let coding = try ElementCoding(type)
        let elements = try #require(coding.elements(keys))
        #expect(try coding.keys(elements) == keys)
        if !type.isObject { #expect(elements.count == keys.count * type.size) }
    }

    @Test(arguments: [
        (DataType.integer(isSigned: true, width: 1, .little), CoordinateKey.integer(128)),
        (.integer(isSigned: false, width: 2, .little), .integer(-1)),
        (.integer(isSigned: true, width: 4, .little), .real(0.5)),
        (.float(width: 4, .little), .real(0.1)), (.float(width: 8, .little), .integer(.max)),
        (.fixedBytes(length: 1), .text("ä")), (.fixedText(length: 1, .little), .text("ab")),
        (.fixedText(length: 1, .little), .integer(1)), (.text, .integer(1)), (.bool, .integer(2)),
    ])
    func whatDoesNotFitIsRefused(_ type: DataType, _ key: CoordinateKey) throws {
        #expect(try ElementCoding(type).elements([key]) == nil)
    }

    @Test func bytesAreThoseOfTheType() throws {
        #expect(
            try ElementCoding(.integer(isSigned: true, width: 2, .big)).elements([.integer(258)])?.array == [
                1, 2,
            ])
        #expect(
            try ElementCoding(.float(width: 4, .little)).elements([.real(1)])?.array == [0, 0, 0x80, 0x3F])
        #expect(
            try ElementCoding(.fixedText(length: 1, .little)).elements([.text("ä")])?.array == [
                0xE4, 0, 0, 0,
            ])
        #expect(throws: KerchunkError.self) { try ElementCoding(.fixedBytes(length: 1)).keys(Bytes([0xE4])) }
        #expect(throws: KerchunkError.self) { try ElementCoding(.complex(width: 8, .little)) }
        #expect(throws: KerchunkError.self) {
            try ElementCoding(.integer(isSigned: false, width: 8, .little)).keys(
                Bytes([UInt8](repeating: 255, count: 8)))
        }
    }

    @Test func typesFitTheirKeys() {
        #expect(ElementCoding.type(for: [.integer(1)]) == .integer(isSigned: true, width: 8, .little))
        #expect(ElementCoding.type(for: [.integer(1), .real(0.5)]) == .float(width: 8, .little))
        #expect(ElementCoding.type(for: [.text("äb"), .text("c")]) == .fixedText(length: 2, .little))
        #expect(
            ElementCoding.type(for: [.text("äb")], like: .fixedBytes(length: 1)) == .fixedBytes(length: 3))
    }
}

/// Expected values are those of cftime 1.6.
@Suite struct TimeConversionTests {
    @Test(arguments: [
        (0.0, "days since 2000-01-01", "standard", "hours since 1999-12-30 12:00", 36.0),
        (0, "days since 2000-01-01", "standard", "minutes since 1582-10-01", 219_438_720),
        (0, "days since 2000-01-01", "standard", "seconds since 1600-02-29 06:00:30", 12_617_661_570),
        (36, "hours since 2000-02-28", "noleap", "days since 2000-01-01", 59.5),
        (36, "hours since 2000-02-28", "noleap", "minutes since 1582-10-01", 219_393_360),
        (30, "days since 2000-02-01", "360_day", "hours since 1999-12-30 12:00", 1452),
        (30, "days since 2000-02-01", "360_day", "seconds since 1600-02-29 06:00:30", 12_441_751_170),
        (1, "days since 1582-10-04", "standard", "days since 2000-01-01", -152_384),
        (1, "days since 1582-10-04", "standard", "minutes since 1582-10-01", 5760),
        (0.25, "days since 1900-03-01", "julian", "days since 2000-01-01", -36_464.75),
        (59, "days since 2001-01-01", "all_leap", "days since 2000-01-01", 425),
    ])
    func timesInOtherUnits(
        _ value: Double, _ old: String, _ calendar: String, _ new: String, _ expected: Double
    ) throws {
        let conversion = try #require(
            TimeConversion(
                from: TimeUnits(units: old, calendar: calendar), to: TimeUnits(units: new, calendar: calendar)
            ))
        #expect(conversion.keys([.real(value)])?.map { $0.double } == [expected])
        if value == value.rounded() {
            #expect(conversion.keys([.integer(Int64(value))])?.map { $0.double } == [expected])
        }
        let back = try #require(
            TimeConversion(
                from: TimeUnits(units: new, calendar: calendar), to: TimeUnits(units: old, calendar: calendar)
            ))
        #expect(back.keys([.real(expected)])?.map { $0.double } == [value])
    }

    @Test func calendarsThatAgreeConvertOnlyWhereTheyDo() throws {
        let conversion = try #require(
            TimeConversion(
                from: TimeUnits(units: "days since 1582-10-15", calendar: "standard"),
                to: TimeUnits(units: "days since 1582-10-15", calendar: "proleptic_gregorian")))
        #expect(conversion.keys([.integer(0), .integer(150_000)]) == [.integer(0), .integer(150_000)])
        #expect(conversion.keys([.integer(-1)]) == nil)
        let other = try #require(
            TimeConversion(
                from: TimeUnits(units: "days since 2000-01-01", calendar: "noleap"),
                to: TimeUnits(units: "days since 2000-01-01", calendar: "standard")))
        #expect(other.keys([.integer(0)]) == nil)
        #expect(conversion.keys([.real(.nan)]) == nil)
    }

    /// Expected: numpy.datetime64 of the dates.
    @Test(arguments: [
        ("ns", 951_825_600_000_000_000), ("us", 951_825_600_000_000), ("s", 951_825_600), ("h", 264_396),
        ("D", 11_016),
    ])
    func datetimes(_ unit: String, _ expected: Int64) throws {
        let time = try #require(CFTime(units: "hours since 2000-02-29 06:00", calendar: "standard"))
        let instant = try #require(time.instant(.whole(6)))
        #expect(time.datetime(ofInstant: instant, unit: unit) == expected)
        let model = try #require(CFTime(units: "days since 2000-01-01", calendar: "360_day"))
        #expect(model.datetime(ofInstant: try #require(model.instant(.whole(0))), unit: unit) == nil)
    }
}

@Suite struct ValueLoadingTests {
    /// Two files of two steps each; `change` makes their variable `v`.
    private func joined(
        _ arrays: [VirtualArray], times: [[Double]] = [[0, 1], [2, 3]],
        _ change: (inout CombineRequest) -> Void = { _ in }
    ) throws -> VirtualArray {
        var inputs: [(name: String, dataset: VirtualDataset)] = []
        for (number, array) in arrays.enumerated() {
            var dataset = VirtualDataset()
            dataset.root["time"] = .array(embedded(times[number], dimensions: ["time"]))
            dataset.root["v"] = .array(array)
            inputs.append(("f\(number)", dataset))
        }
        var request = CombineRequest(concatDimensions: ["time"])
        change(&request)
        return try #require(try combined(inputs, request).dataset.root.array(at: "v"))
    }

    private func values(_ array: VirtualArray) throws -> [CoordinateKey] {
        #expect(array.codecs.isEmpty || array.codecs == [TextContainer.codec])
        #expect(array.chunkShape == array.shape)
        guard case .inline(let bytes) = try array.chunks.rows(0..<1)[0] else { return [] }
        return try ElementCoding(array.dataType).keys(bytes)
    }

    @Test func unitsOfTimeBecomeThoseOfTheFirst() throws {
        let array = try joined([
            embedded([0, 1], dimensions: ["time"], attributes: ["units": "days since 2000-01-01"]),
            embedded([12, 36], dimensions: ["time"], attributes: ["units": "hours since 2000-01-01"]),
        ])
        #expect(try values(array) == [.real(0), .real(1), .real(0.5), .real(1.5)])
        #expect(array.attributes["units"] == "days since 2000-01-01")
    }

    @Test func otherPackingIsUndone() throws {
        let array = try joined([
            embedded([0, 1], dimensions: ["time"], attributes: ["scale_factor": 2, "long_name": "v"]),
            embedded([0, 1], dimensions: ["time"], attributes: ["add_offset": 100]),
        ])
        #expect(try values(array) == [.real(0), .real(2), .real(100), .real(101)])
        #expect(array.attributes == ["long_name": "v"])
    }

    @Test func gapsGetTheFillValue() throws {
        let array = try joined(
            [embedded([7, 8], dimensions: ["time"]), embedded([9], dimensions: ["time"])],
            times: [[0, 1], [3]]
        ) { $0.loadThreshold = 1 << 10 }
        #expect(try values(array) == [.real(7), .real(8), .real(9)])
        let holes = try combined(
            [("a", try holed([0, 1], true)), ("b", try holed([2], false)), ("c", try holed([3], true))],
            {
                var request = CombineRequest(concatDimensions: ["time"])
                request.absences = .union
                return request
            }()
        ).dataset.root.array(at: "v")
        #expect(try values(try #require(holes)) == [.real(0), .real(1), .real(.nan), .real(3)])
        #expect(holes?.missing.unwritten == .element(bytes([.nan])))
    }

    private func holed(_ times: [Double], _ isThere: Bool) throws -> VirtualDataset {
        var dataset = VirtualDataset()
        dataset.root["time"] = .array(embedded(times, dimensions: ["time"]))
        if isThere { dataset.root["v"] = .array(embedded(times, dimensions: ["time"])) }
        return dataset
    }

    @Test func anInputWithOtherUnitsIsRefused() {
        let error = #expect(throws: KerchunkError.self) {
            try joined([
                embedded([0, 1], dimensions: ["time"], attributes: ["units": "K"]),
                embedded([0, 1], dimensions: ["time"], attributes: ["units": "degC"]),
            ])
        }
        #expect(error?.message.contains("\"K\"") == true && error?.message.contains("f1") == true)
    }

    @Test func newDimensionsSpreadOneInputOverItsValues() throws {
        var dataset = VirtualDataset()
        let source = dataset.sources.intern("/f")
        dataset.root["v"] = .array(
            try referenced(shape: [2], chunkShape: [1], dimensions: ["x"], source: source))
        var request = CombineRequest(concatDimensions: ["run"])
        request.coordinates = [.init("run", .list([[.integer(5), .integer(6)]]))]
        let (_, result) = try combined([("a", dataset)], request)
        let array = try #require(result.root.array(at: "v"))
        #expect(
            array.shape == [2, 2] && array.dimensionNames == ["run", "x"] && array.chunkShape == [1, 1])
        let rows = try array.chunks.rows(0..<4)
        #expect(
            (0..<4).map { text(rows[$0], result.sources) } == [
                "/f 0 10", "/f 100 10", "/f 0 10", "/f 100 10",
            ])
    }
}
