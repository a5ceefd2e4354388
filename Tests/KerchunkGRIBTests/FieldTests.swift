// SPDX-License-Identifier: Apache-2.0

import KerchunkBytes
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkGRIB

@Suite struct FieldTests {
    private func fields() throws -> [(Field, HeaderFixture)] {
        let listing = try FieldListing(MemorySource(HeaderFixture.file))
        #expect(listing.issues.isEmpty)
        #expect(listing.passedBytes == 0)
        #expect(listing.fields.count == HeaderFixture.all.count)
        return Array(zip(listing.fields, HeaderFixture.all))
    }

    @Test func fixturesAreThere() { #expect(HeaderFixture.all.count > 130) }

    @Test func messagesAreWhereTheyAre() throws {
        for (field, expected) in try fields() {
            #expect(field.offset == expected.offset && field.length == expected.length)
        }
    }

    @Test func namesAreThoseOfEcCodes() throws {
        for (field, expected) in try fields() {
            let names = field.names
            let place = "message at \(field.offset)"
            #expect(names.shortName == expected.text("shortName"), "\(place)")
            #expect(names.paramId == expected.whole("paramId"), "\(place)")
            #expect(names.name == expected.text("name"), "\(place)")
            #expect(names.units == expected.text("units"), "\(place)")
            #expect(names.cfName == expected.text("cfName"), "\(place)")
            #expect(names.cfVarName == expected.text("cfVarName"), "\(place)")
            #expect(names.typeOfLevel == expected.text("typeOfLevel"), "\(place)")
            #expect(names.stepType == expected.text("stepType"), "\(place)")
        }
    }

    @Test func levelsAndMembersAreThoseOfEcCodes() throws {
        for (field, expected) in try fields() {
            #expect(field.level?.value == expected.number("level"), "message at \(field.offset)")
            #expect(field.number == expected.whole("number"), "message at \(field.offset)")
            #expect(field.totalNumber == expected.whole("totalNumber"), "message at \(field.offset)")
        }
    }

    @Test func timesAreThoseOfEcCodes() throws {
        for (field, expected) in try fields() {
            #expect(field.times.time == expected.seconds("dataDate", "dataTime"))
            guard let steps = expected.steps else { continue }
            #expect(field.times.step == steps.end, "message at \(field.offset)")
            #expect(field.times.start == steps.start, "message at \(field.offset)")
            if let valid = expected.seconds("validityDate", "validityTime") {
                #expect((field.times.validTime ?? 0) / 60 * 60 == valid, "message at \(field.offset)")
            }
        }
    }

    @Test func unknownFieldsAreNamedByTheirNumbers() throws {
        let unknown = try fields().map(\.0).filter { !$0.names.isKnown }.map(\.variableName)
        #expect(unknown.contains("grib2_d0_c191_n200"))
        #expect(unknown.contains("grib1_t250_p250"))
    }

    @Test func countOfFieldsIsThatOfEqualGrids() throws {
        let listing = try FieldListing(MemorySource(HeaderFixture.file))
        // one grid for each edition's sample
        #expect(Set(listing.fields.map(\.gridIndex)).count == listing.grids.count)
        #expect(listing.grids.allSatisfy { $0.type == "regular_ll" })
    }

    @Test func secondFieldsOfAMessageInheritWhatIsNotRepeated() throws {
        let message = HeaderFixture.message(0).array
        // sections 4 to 7 once more, with another number of the parameter
        let product = try #require(Self.section(4, of: message))
        var repeated = Array(message[product.lowerBound..<message.count - 4])
        repeated[10] = 4
        var twice = Array(message[..<(message.count - 4)]) + repeated + Array("7777".utf8)
        twice.replaceSubrange(8..<16, with: Self.number(twice.count, 8))
        let listing = try FieldListing(MemorySource(Bytes(twice)))
        #expect(listing.issues.isEmpty)
        #expect(listing.fields.map(\.index) == [0, 1])
        #expect(listing.fields.map { $0.keys[.parameterNumber] } == [0, 4])
        #expect(listing.fields[0].gridIndex == listing.fields[1].gridIndex)
    }

    static func number(_ value: Int, _ octets: Int) -> [UInt8] {
        (0..<octets).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// Where the first section `number` of a message of edition 2 is.
    static func section(_ number: UInt8, of message: [UInt8]) -> Range<Int>? {
        var place = 16
        while place + 5 <= message.count {
            let size = message[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            if message[place + 4] == number { return place..<place + size }
            place += size
        }
        return nil
    }
}

@Suite struct AttributeTests {
    @Test func attributesAreKerchunks() throws {
        let listing = try FieldListing(MemorySource(HeaderFixture.message(0)))
        let field = try #require(listing.fields.first)
        let attributes = GRIBAttributes().variable(field, field.gridIndex.map { listing.grids[$0] })
        #expect(
            attributes.names == [
                "GRIB_paramId", "GRIB_dataType", "GRIB_numberOfPoints", "GRIB_typeOfLevel", "GRIB_stepUnits",
                "GRIB_stepType", "GRIB_gridType", "GRIB_uvRelativeToGrid", "GRIB_shortName", "GRIB_units",
                "GRIB_name",
                "GRIB_cfName", "GRIB_cfVarName", "GRIB_missingValue", "GRIB_NV",
                "GRIB_gridDefinitionDescription",
                "GRIB_Nx", "GRIB_iDirectionIncrementInDegrees", "GRIB_iScansNegatively",
                "GRIB_longitudeOfFirstGridPointInDegrees", "GRIB_longitudeOfLastGridPointInDegrees",
                "GRIB_Ny",
                "GRIB_jDirectionIncrementInDegrees", "GRIB_jPointsAreConsecutive", "GRIB_jScansPositively",
                "GRIB_latitudeOfFirstGridPointInDegrees", "GRIB_latitudeOfLastGridPointInDegrees",
                "long_name", "units",
                "standard_name",
            ])
        #expect(attributes["GRIB_shortName"] == .string("2t"))
        #expect(attributes["GRIB_stepUnits"] == .integer(1))
        #expect(attributes["GRIB_gridDefinitionDescription"] == .string("Latitude/longitude"))
        let root = GRIBAttributes().root(field)
        #expect(root["GRIB_centre"] == .string("kwbc"))
        #expect(root["institution"] == .string("US National Weather Service - NCEP"))
        #expect(root["GRIB_edition"] == .integer(2))
    }
}

@Suite struct CoordinateTests {
    @Test func coordinatesAreKerchunks() throws {
        let field = try #require(try FieldListing(MemorySource(HeaderFixture.message(0))).fields.first)
        let time = try #require(field.times.time)
        #expect(
            field.coordinates == [
                FieldCoordinate(name: "heightAboveGround", value: .real(2)),
                FieldCoordinate(name: "step", value: .integer(0)),
                FieldCoordinate(name: "time", value: .integer(time)),
                FieldCoordinate(name: "valid_time", value: .integer(time)),
            ])
        #expect(FieldCoordinate.attributes("step").names == ["units", "standard_name", "long_name", "dtype"])
        #expect(FieldCoordinate.attributes("surface").isEmpty)
    }

    @Test func stepsOfPartsOfHoursAreReals() throws {
        let listing = try FieldListing(MemorySource(HeaderFixture.file))
        let steps = listing.fields.flatMap(\.coordinates).filter { $0.name == "step" }.map(\.value)
        #expect(steps.contains(.real(1.5)) && steps.contains(.real(0.25)) && steps.contains(.integer(240)))
    }
}

@Suite struct RecordTests {
    @Test func recordsSayWhatFieldsSay() throws {
        let listing = try FieldListing(MemorySource(HeaderFixture.file))
        let records = try FileWalk(MemorySource(HeaderFixture.file)).run().fields
        #expect(records.records.count == listing.fields.count)
        for (record, field) in zip(records.records, listing.fields) {
            #expect(record.offset == field.offset && record.length == field.length)
            #expect(record.time == field.times.time ?? FieldRecord.absent)
            #expect(record.step == field.times.step ?? FieldRecord.absent)
            #expect(record.level == field.level?.value || (record.level.isNaN && field.level == nil))
            #expect(record.number == field.number.map { Int32($0) } ?? FieldRecord.noNumber)
            #expect(records.products[Int(record.product)].names == field.names)
            #expect(records.qualifiers[Int(record.qualifiers)] == field.qualifiers)
        }
    }

    @Test func aRecordHasAtMost64Bytes() { #expect(MemoryLayout<FieldRecord>.stride <= 64) }

    @Test func fieldsBeyondTheLimitAreIssues() throws {
        var limits = ScanLimits()
        limits.objects = 3
        let records = try FileWalk(MemorySource(HeaderFixture.file), limits: limits).run().fields
        #expect(records.records.count == 3)
        #expect(records.issues.count == HeaderFixture.all.count - 3)
    }

    @Test func qualifiersAreInTheirUnits() throws {
        let listing = try FieldListing(MemorySource(HeaderFixture.file))
        func values(_ kind: Qualifier.Kind) -> Set<Double> {
            Set(listing.fields.flatMap(\.qualifiers).filter { $0.kind == kind }.map(\.value))
        }
        #expect(values(.percentile) == [90])
        #expect(values(.firstWavelength) == [5.5e-7])
        #expect(values(.upperLimit) == [10])
        #expect(values(.lowerWavePeriodLimit) == [10])
        #expect(values(.interval).isSuperset(of: [6 * 3600]))
    }
}
