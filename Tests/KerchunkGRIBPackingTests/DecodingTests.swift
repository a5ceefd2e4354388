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
