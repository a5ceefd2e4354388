// SPDX-License-Identifier: Apache-2.0
// Latitudes and longitudes of grids.

import KerchunkBytes
import KerchunkCodecs
import KerchunkGRIBPacking
import KerchunkModel
import KerchunkTestKit
import Testing

@Suite struct CoordinateTests {
    private func coordinates(_ message: Bytes, _ name: String) throws -> [Double] {
        let codec = try directory.codec(CodecSpec("grib", ["var": .string(name), "dtype": "float64"]))
        return doubles(try codec.decode(message, limit: 1 << 20)).map { Double(bitPattern: $0) }
    }

    /// Degrees between two places on the circle.
    private func distance(_ one: Double, _ other: Double) -> Double {
        let plain = abs(one - other)
        return min(plain, abs(plain - 360))
    }

    @Test(arguments: GridFixture.all) func pointsAreThoseOfEccodes(_ grid: GridFixture) throws {
        for (name, expected) in [("latitude", grid.latitudes), ("longitude", grid.longitudes)] {
            let found = try coordinates(grid.message, name)
            if grid.isExact {
                #expect(found == expected, "\(name)")
                continue
            }
            #expect(found.count == expected.count)
            for (one, other) in zip(found, expected) where !one.isNaN {
                #expect(distance(one, other) <= grid.tolerance, "\(name)")
            }
            // eccodes has 0 where a satellite sees no earth
            #expect(found.contains { $0.isNaN } == (grid.name == "space_view_2"))
        }
    }

    @Test func gridsAreThere() { #expect(GridFixture.all.count > 30) }

    /// Without a type kerchunk has coordinates in double precision.
    @Test func formsAndLimitsAreHeld() throws {
        let grid = try #require(GridFixture.all.first { $0.name == "lambert_2" })
        let codec = try directory.codec(CodecSpec("grib", ["var": "latitude"]))
        #expect(try codec.decode(grid.message, limit: 45 * 8).count == 45 * 8)
        #expect(throws: KerchunkError.self) { try codec.decode(grid.message, limit: 45 * 8 - 1) }
        let double = DataType.float(width: 8, .little)
        #expect(throws: KerchunkError.self, "another number of points") {
            try codec.decode(grid.message, as: ChunkForm(shape: [9, 4], dataType: double), limit: 1 << 20)
        }
    }

    @Test func gridsWithoutPointsAreRefused() throws {
        let spectral = try GRIBFixture.named("hand_spectral_simple_2").message
        do {
            _ = try coordinates(spectral, "latitude")
            Issue.record("has points")
        } catch let error as KerchunkError {
            #expect(error.kind == .unsupported)
            #expect(error.message == "cannot decode the GRIB field: spherical harmonics have no points")
        }
        var message = Message2(try GRIBFixture.named("simple_2_12_bits").message)
        message.set(3, octet: 13, 101, 2)
        #expect(throws: KerchunkError.self) { try coordinates(message.bytes, "longitude") }
    }

    /// Numbers that no grid has give an error, or numbers.
    @Test(arguments: GridFixture.all) func extremeOctetsNeverTrap(_ grid: GridFixture) throws {
        for place in 0..<min(grid.message.count, 180) {
            for width in [1, 4] {
                for octet: UInt8 in [0, 0x7F, 0xFF] {
                    var bytes = grid.message.array
                    for place in place..<min(place + width, bytes.count) { bytes[place] = octet }
                    for name in ["latitude", "longitude"] {
                        let codec = try directory.codec(CodecSpec("grib", ["var": .string(name)]))
                        if let decoded = try? codec.decode(Bytes(bytes), limit: 1 << 12) {
                            #expect(decoded.count <= 1 << 12)
                        }
                    }
                }
            }
        }
    }

    @Test func gaussianGridsAreBounded() throws {
        var message = Message2(try #require(GridFixture.all.first { $0.name == "regular_gg_2" }).message)
        for number in [0, 3, 65_537, 1_000_000, 0xFFFF_FFFF] {
            message.set(3, octet: 68, number, 4)
            #expect(throws: KerchunkError.self) { try coordinates(message.bytes, "latitude") }
        }
        // rows near the pole of the largest grid, whose latitudes are close to each other
        message.set(3, octet: 68, 65_536, 4)
        message.set(3, octet: 47, 89_998_949, 4)
        let latitudes = try coordinates(message.bytes, "latitude")
        #expect(abs(latitudes[0] - 89.998949) < 1e-6)
        #expect(zip(latitudes, latitudes.dropFirst(16)).allSatisfy { $0 - $1 > 0.0013 && $0 - $1 < 0.0014 })
    }
}
