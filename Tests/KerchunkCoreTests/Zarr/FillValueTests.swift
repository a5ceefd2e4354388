// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import Testing

@Suite struct FillValueTests {
    /// Type, element bytes, and what zarr-python 3.1.6 writes for them.
    static let values: [(DataType, Bytes, JSONValue)] = [
        (.bool, [1], true),
        (.integer(isSigned: true, width: 1, .little), [0x80], -128),
        (.integer(isSigned: true, width: 2, .big), [0xFF, 0xFE], -2),
        (
            .integer(isSigned: true, width: 8, .little), [1, 0, 0, 0, 0, 0, 0, 0x40],
            4_611_686_018_427_387_905
        ),
        (
            .integer(isSigned: false, width: 8, .little), Bytes([UInt8](repeating: 0xFF, count: 8)),
            .number(.unsigned(.max))
        ),
        (.float(width: 4, .little), [0xCD, 0xCC, 0x8C, 0x3F], 1.100000023841858),
        (.float(width: 4, .big), [0x7F, 0xC0, 0, 0], "NaN"),
        (.float(width: 8, .little), [0, 0, 0, 0, 0, 0, 0xF0, 0xFF], "-Infinity"),
        (.float(width: 2, .little), [0x54, 0x35], 0.3330078125),
        (.float(width: 2, .little), [0x01, 0x80], .real(-0x1p-24)),
        (.complex(width: 8, .little), [0, 0, 0x80, 0x3F, 0, 0, 0x80, 0x7F], [1.0, "Infinity"]),
        (.datetime(unit: "ns", .little), [0, 0, 0, 0, 0, 0, 0, 0x80], .integer(Int64.min)),
        (.fixedBytes(length: 3), Bytes("ab\0"), "YWIA"),
        (.fixedText(length: 3, .big), [0, 0, 0, 0x68, 0, 0, 0, 0xE9, 0, 0, 0, 0], "hé"),
        (.raw(length: 2), [0xFF, 0], "/wA="),
        (.structure([.init(name: "a", type: .bool), .init(name: "b", type: .bool)]), [1, 0], "AQA="),
    ]

    @Test(arguments: values)
    func elementsGoBothWays(type: DataType, bytes: Bytes, json: JSONValue) throws {
        #expect(FillValue.element(bytes).json(for: type) == json)
        #expect(try FillValue(json: json, for: type) == .element(bytes))
    }

    @Test func nullIsNoFillValue() throws {
        #expect(FillValue.none.json(for: .bool) == .null)
        #expect(try FillValue(json: .null, for: .bool) == .none)
    }

    @Test func objectsHaveText() throws {
        #expect(FillValue.text("x").json(for: .text) == "x")
        #expect(try FillValue(json: "x", for: .text) == .text("x"))
        #expect(try FillValue(json: 0, for: .object) == .none)
    }

    @Test(
        arguments: [
            (DataType.integer(isSigned: true, width: 1, .little), 128),
            (.integer(isSigned: false, width: 2, .little), -1),
            (.integer(isSigned: false, width: 2, .little), 65536), (.float(width: 8, .little), "x"),
            (.fixedBytes(length: 2), "YWJj"), (.fixedBytes(length: 2), "?"),
            (.fixedText(length: 1, .little), "ab"),
            (.complex(width: 8, .little), [1, 2, 3]), (.bool, "x"),
        ] as [(DataType, JSONValue)])
    func valuesOfOtherTypesAreErrors(type: DataType, json: JSONValue) {
        #expect(throws: KerchunkError.self) { try FillValue(json: json, for: type) }
    }

    @Test func halfPrecisionGoesBothWays() throws {
        let type = DataType.float(width: 2, .little)
        for bits in UInt16.min...UInt16.max where bits & 0x7C00 != 0x7C00 || bits & 0x3FF == 0 {
            let bytes: Bytes = [UInt8(bits & 255), UInt8(bits >> 8)]
            let json = FillValue.element(bytes).json(for: type)
            #expect(try FillValue(json: json, for: type) == .element(bytes))
        }
    }
}
