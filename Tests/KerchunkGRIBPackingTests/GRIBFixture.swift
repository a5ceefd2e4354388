// SPDX-License-Identifier: Apache-2.0
// Messages with the values that eccodes decodes. Made by Fixtures/grib/make_grib.py.

import KerchunkBytes
import KerchunkCodecs
import KerchunkGRIBPacking
import KerchunkModel
import KerchunkTestKit
import Testing

let directory = CodecDirectory(BuiltinGRIBPacking.entries)

struct GRIBFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let message: Bytes
    /// Of the field in the message.
    let index: Int
    /// Whether each second row of `values` was turned.
    let isTurned: Bool
    /// Doubles; nil where an error is expected.
    let values: Bytes?

    var testDescription: String { name }

    var spec: CodecSpec {
        CodecSpec(
            "swift_kerchunk.grib",
            [
                "var": "t", "dtype": "float64", "field": .integer(index),
                "rows": .string(isTurned ? "turned" : "stored"),
            ])
    }

    static let all: [GRIBFixture] = entries.compactMap { GRIBFixture($0, blob) }

    fileprivate static let blob = fixture("grib/grib.bin")
    fileprivate static let entries: [JSONValue] = {
        guard let index = try? JSONScanner.parse(fixture("grib/grib.json")), case .array(let entries) = index
        else { return [] }
        return entries
    }()

    static func named(_ name: String) throws -> GRIBFixture {
        try #require(all.first { $0.name == name })
    }

    private init?(_ entry: JSONValue, _ blob: Bytes) {
        guard case .object(let entry) = entry, let name = entry["name"]?.string,
            let message = GRIBFixture.window(entry["message"], blob), let index = entry["field"]?.number
        else { return nil }
        self.name = name
        self.message = message
        self.index = Int(index.double)
        isTurned = entry["rows"] != nil
        values = GRIBFixture.window(entry["values"], blob)
    }

    fileprivate static func window(_ value: JSONValue?, _ blob: Bytes) -> Bytes? {
        guard case .array(let place)? = value, place.count == 2, let start = place[0].number,
            let count = place[1].number
        else { return nil }
        return blob[Int(start.double)..<Int(start.double + count.double)]
    }
}

/// A grid, and where eccodes has its points.
struct GridFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let message: Bytes
    let latitudes, longitudes: [Double]

    var testDescription: String { name }
    /// Whether all bits are the same.
    var isExact: Bool { name.hasPrefix("regular_ll") }
    /// Degrees. eccodes rounds rotated points to 6 digits, and ends series early on ellipsoids.
    var tolerance: Double {
        name.hasPrefix("rotated") ? 5e-6 : name.contains("azimuthal_2_ell") ? 1e-8 : 1e-9
    }

    static let all: [GridFixture] = GRIBFixture.entries.compactMap { GridFixture($0, GRIBFixture.blob) }

    private init?(_ entry: JSONValue, _ blob: Bytes) {
        guard case .object(let entry) = entry, let name = entry["name"]?.string,
            let message = GRIBFixture.window(entry["message"], blob),
            let latitudes = GRIBFixture.window(entry["latitudes"], blob),
            let longitudes = GRIBFixture.window(entry["longitudes"], blob)
        else { return nil }
        self.name = name
        self.message = message
        self.latitudes = doubles(latitudes).map { Double(bitPattern: $0) }
        self.longitudes = doubles(longitudes).map { Double(bitPattern: $0) }
    }
}

/// Reals in `bytes`; equal where their bits are, and all NaNs are one.
func doubles(_ bytes: Bytes) -> [UInt64] {
    (0..<bytes.count / 8).map { index in
        let bits = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[8 * index + $1]) << UInt64(8 * $1) }
        return Double(bitPattern: bits).isNaN ? Double.nan.bitPattern : bits
    }
}
