// SPDX-License-Identifier: Apache-2.0
// Values of all packings, bit by bit.

import KerchunkBytes
import KerchunkCodecs
import KerchunkGRIBPacking
import KerchunkModel
import KerchunkTestKit
import Testing

@Suite struct DecodingTests {
    @Test func fixturesAreThere() { #expect(GRIBFixture.all.count > 120) }

    @Test(arguments: GRIBFixture.all) func valuesAreThoseOfEccodes(_ one: GRIBFixture) throws {
        let codec = try directory.codec(one.spec)
        guard let values = one.values else {
            do {
                _ = try codec.decode(one.message, limit: 1 << 20)
                Issue.record("decodes")
            } catch {
                #expect(error.kind == .unsupported && error.message.contains("matrix"))
            }
            return
        }
        let decoded = try codec.decode(one.message, limit: values.count)
        #expect(doubles(decoded) == doubles(values))
        do {
            _ = try codec.decode(one.message, limit: values.count - 1)
            Issue.record("decodes beyond the limit")
        } catch {
            #expect(error.kind == .limit)
        }
    }

    @Test func formsAreHeld() throws {
        let one = try GRIBFixture.named("simple_2_12_bits")
        let values = try #require(one.values)
        let codec = try directory.codec(CodecSpec("grib", ["var": "t", "dtype": "float64"]))
        func form(_ shape: [UInt64], _ type: DataType) -> ChunkForm {
            ChunkForm(shape: shape, dataType: type)
        }
        let double = DataType.float(width: 8, .little)
        #expect(try codec.decode(one.message, as: form([11, 17], double), limit: 1 << 20) == values)
        #expect(try codec.decode(one.message, as: form([1, 1, 187], double), limit: 1 << 20) == values)
        let big = try codec.decode(one.message, as: form([187], .float(width: 8, .big)), limit: 1 << 20)
        #expect(big[0..<8] == Bytes(values[0..<8].array.reversed()))
        for wrong in [form([11, 16], double), form([], double), form([187], .float(width: 4, .little))] {
            #expect(throws: KerchunkError.self) { try codec.decode(one.message, as: wrong, limit: 1 << 20) }
        }
        #expect(throws: KerchunkError.self, "integers") {
            try codec.decode(
                one.message, as: form([187], .integer(isSigned: true, width: 8, .little)), limit: 1 << 20)
        }
    }

    /// Computed in double precision, rounded once; kerchunk takes single precision where no type is named.
    @Test(arguments: [["dtype": "float32"], ["dtype": "<f4"], [:]] as [JSONObject])
    func singlesAreRoundedDoubles(_ settings: JSONObject) throws {
        let one = try GRIBFixture.named("complex_12_bits_bitmap")
        let values = doubles(try #require(one.values)).map { Float(Double(bitPattern: $0)) }
        let decoded = try directory.codec(CodecSpec("grib", settings)).decode(
            one.message, limit: values.count * 4)
        let singles = (0..<decoded.count / 4).map { index in
            Float(
                bitPattern: (0..<4).reduce(UInt32(0)) {
                    $0 | UInt32(decoded[4 * index + $1]) << UInt32(8 * $1)
                })
        }
        #expect(singles.count == values.count)
        #expect(zip(singles, values).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
        #expect(singles.contains { $0.isNaN })
    }

    @Test func rowsAreTurnedUnlessToldOtherwise() throws {
        let one = try GRIBFixture.named("hand_alternating")
        let plain = doubles(try #require(GRIBFixture.named("simple_2_12_bits").values))
        for (settings, isTurned) in [
            (CodecSpec("grib", ["dtype": "float64"]), true),
            (CodecSpec("swift_kerchunk.grib", ["dtype": "float64"]), true),
            (CodecSpec("swift_kerchunk.grib", ["dtype": "float64", "rows": "stored"]), false),
        ] {
            let decoded = doubles(try directory.codec(settings).decode(one.message, limit: 1 << 20))
            #expect(decoded[0..<17] == plain[0..<17])
            #expect(Array(decoded[17..<34]) == (isTurned ? plain[17..<34].reversed() : Array(plain[17..<34])))
        }
    }

    @Test func whatFollowsTheMessageIsPassedOver() throws {
        let one = try GRIBFixture.named("simple_1_12_bits")
        let padded = Bytes(one.message.array + [0, 0, 0])
        #expect(try directory.codec(one.spec).decode(padded, limit: 1 << 20) == one.values)
    }

    @Test(arguments: [
        CodecSpec("grib", ["var": 3]), CodecSpec("grib", ["dtype": "int16"]), CodecSpec("grib", ["dtype": 8]),
        CodecSpec("grib", ["dtype": "<f2"]), CodecSpec("swift_kerchunk.grib", ["field": -1]),
        CodecSpec("swift_kerchunk.grib", ["field": "0"]), CodecSpec("swift_kerchunk.grib", ["rows": "other"]),
    ]) func settingsOutOfBoundsAreErrors(_ spec: CodecSpec) {
        #expect(throws: KerchunkError.self) { try directory.codec(spec) }
    }

    @Test func fieldsThatAreNotThereAreErrors() throws {
        let one = try GRIBFixture.named("fields_grid_again_0")
        let codec = try directory.codec(CodecSpec("swift_kerchunk.grib", ["field": 3]))
        do {
            _ = try codec.decode(one.message, limit: 1 << 20)
            Issue.record("decodes")
        } catch {
            #expect(
                error.message == "cannot decode swift_kerchunk.grib: there is no field 3, the message has 3")
        }
    }
}

@Suite struct SectionTests {
    /// What a reader that fetches headers only finds: 16 bytes, then 8 for each section.
    @Test(arguments: GRIBFixture.all) func sectionsAreCutByTheirHeaders(_ one: GRIBFixture) throws {
        var cutter = try SectionCutter(indicator: one.message[0..<SectionCutter.indicatorLength], at: 7)
        var reads = 0
        while !cutter.isAtEnd {
            let end = min(cutter.position + SectionCutter.headerLength, one.message.count)
            try cutter.take(one.message[cutter.position..<end])
            reads += 1
        }
        #expect(cutter.length == one.message.count && cutter.position == cutter.length)
        #expect(cutter.fields == (try GRIBMessage(one.message).sections))
        #expect(reads <= 4 + 6 * cutter.fields.count)
    }

    @Test func fieldsInheritWhatIsNotRepeated() throws {
        let message = try GRIBMessage(try GRIBFixture.named("fields_grid_again_0").message)
        let fields = message.sections
        #expect(fields.count == 3)
        #expect(Set(fields.map(\.identification)).count == 1)
        #expect(fields[0].grid != fields[1].grid && fields[1].grid == fields[2].grid)
        #expect(Set(fields.map(\.product)).count == 3)
        let mapped = try GRIBMessage(try GRIBFixture.named("fields_bitmap_254_0").message).sections
        #expect(mapped.count == 2 && mapped[0].bitmap == mapped[1].bitmap)
        guard case .section = mapped[1].bitmap else {
            Issue.record("the second field has no bitmap")
            return
        }
    }

    @Test func packingsAreTold() throws {
        func representation(_ name: String) throws -> DataRepresentation {
            let message = try GRIBMessage(try GRIBFixture.named(name).message)
            return try #require(message.field(0)).dataRepresentation.representation
        }
        let simple = try representation("simple_2_decimal")
        #expect(simple.scaling?.decimalScale == 2 && simple.scaling?.binaryScale == 0)
        guard case .complex(let packing) = try representation("hand_complex_order_2_missing_1") else {
            Issue.record("not complex")
            return
        }
        #expect(packing.differencingOrder == 2 && packing.missingManagement == 1 && packing.groupCount == 8)
        #expect(try representation("constant_1").scaling?.bits == 0)
        #expect(try representation("spectral_complex_1").isSpectral)
        #expect(try representation("hand_missing_1") == .allMissing)
    }
}
