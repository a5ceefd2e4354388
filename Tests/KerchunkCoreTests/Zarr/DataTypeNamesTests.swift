// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import Testing

@Suite struct DataTypeNamesTests {
    static let names: [(JSONValue, DataType)] = [
        ("|b1", .bool), ("|i1", .integer(isSigned: true, width: 1, .little)),
        ("<u2", .integer(isSigned: false, width: 2, .little)),
        (">i8", .integer(isSigned: true, width: 8, .big)),
        ("<f2", .float(width: 2, .little)), (">f8", .float(width: 8, .big)),
        ("<c16", .complex(width: 16, .little)),
        ("<M8[25s]", .datetime(unit: "25s", .little)), (">m8", .timedelta(unit: "", .big)),
        ("|S12", .fixedBytes(length: 12)), ("<U3", .fixedText(length: 3, .little)), ("|V7", .raw(length: 7)),
        ("|O", .object),
        (
            [["x", "<i4"], ["y", [["z", ">f4", [2, 3]]]]],
            .structure([
                .init(name: "x", type: .integer(isSigned: true, width: 4, .little)),
                .init(
                    name: "y",
                    type: .structure([.init(name: "z", type: .float(width: 4, .big), shape: [2, 3])])),
            ])
        ),
    ]

    @Test(arguments: names)
    func namesGoBothWays(name: JSONValue, type: DataType) throws {
        #expect(type.v2Name == name)
        #expect(try DataType(v2Name: name) == type)
    }

    @Test func sizesCountFieldsAndTheirShapes() throws {
        #expect(
            try DataType(v2Name: [["x", "<i4"], ["y", "<f8", [2, 3]], ["z", "<U2"]]).size == 4 + 48 + 8)
    }

    @Test(
        arguments: [
            "", "<", "<i3", "<f16", "q4", "<M4[s]", "<M8[s", "|S-1", "|Sx", "<U9223372036854775807", 4, nil,
            [],
            [["x"]], [["x", "<i4", "y"]], [["x", "|V9000000000000000000"], ["y", "|V9000000000000000000"]],
            [["x", "<i8", [4_611_686_018_427_387_904, 8]]],
        ] as [JSONValue])
    func otherNamesAreErrors(name: JSONValue) {
        #expect(throws: KerchunkError.self) { try DataType(v2Name: name) }
    }

    @Test func namesOfZarr3AreThoseOfZarrPython() throws {
        #expect(try DataType.float(width: 4, .big).v3Name() == "float32")
        #expect(try DataType.text.v3Name() == "string")
        #expect(
            try DataType.datetime(unit: "25s", .little).v3Name()
                == ["name": "numpy.datetime64", "configuration": ["unit": "s", "scale_factor": 25]])
        #expect(
            try DataType.fixedText(length: 4, .little).v3Name()
                == ["name": "fixed_length_utf32", "configuration": ["length_bytes": 16]])
        #expect(
            try DataType.structure([.init(name: "a", type: .bool)]).v3Name()
                == ["name": "structured", "configuration": ["fields": [["a", "bool"]]]])
    }

    @Test func zarr3HasNoBigEndianFields() {
        let field = DataType.Field(name: "a", type: .float(width: 4, .big))
        #expect(throws: KerchunkError.self) { try DataType.structure([field]).v3Name() }
        #expect(throws: KerchunkError.self) { try DataType.object.v3Name() }
    }
}
