// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReferences
import Testing

/// The table of docs/differences.md, "Fill values", and its counterpart of Zarr v3.
@Suite struct MissingDataTests {
    private static let zero: [UInt8] = [0, 0]
    private static let own: [UInt8] = [7, 0]
    private static let other: [UInt8] = [9, 0]

    /// An array of four chunks of two elements, of which the last is missing or not.
    private func array(
        _ type: DataType = .integer(isSigned: true, width: 2, .little), unwritten: [UInt8],
        masked: [UInt8]? = nil,
        attribute: JSONValue? = nil, isWhole: Bool = false, chunkCount: UInt64 = 4
    ) throws -> VirtualArray {
        let grid = try #require(ChunkGrid(shape: [chunkCount]))
        var builder = ManifestBuilder(grid: grid)
        for position in 0..<(isWhole ? chunkCount : chunkCount - 1) {
            builder.set(position, .inline([1, 0, 1, 0]))
        }
        var missing = MissingData(unwritten: .element(Bytes(unwritten)))
        if let masked { missing.masked = .value(.element(Bytes(masked))) }
        var attributes: JSONObject = ["units": "K"]
        attributes["_FillValue"] = attribute
        return VirtualArray(
            shape: [2 * chunkCount], chunkShape: [2], dataType: type, missing: missing,
            attributes: attributes,
            chunks: builder.finish())
    }

    private struct Said {
        let fill: JSONValue?
        let attribute: JSONValue?
        let last: ChunkLocation
        let array: VirtualArray
        let issues: [KerchunkModel.Issue]
    }

    private func said(_ array: VirtualArray, version: Int, limit: UInt64 = 10_000) throws -> Said {
        var dataset = VirtualDataset()
        dataset.root["a"] = .array(array)
        let result = try dataset.represented(inZarr: version, fillLimit: limit, codecs: CodecDirectory([]))
        let new = try #require(result.dataset.root.array(at: "a"))
        let count = new.chunks.grid.count
        let document =
            version == 2 ? V2Documents.array(new) : try V3Documents.array(new, codecs: CodecDirectory([]))
        return Said(
            fill: document["fill_value"],
            attribute: version == 2
                ? V2Documents.attributes(new)["_FillValue"]
                : document["attributes"]?.object?["_FillValue"],
            last: try new.chunks.rows(count - 1..<count)[0], array: new, issues: result.issues)
    }

    // MARK: Version 2

    @Test func version2MasksByItsFillValue() throws {
        for (own, isWhole) in [(Self.other, false), (Self.other, true), (Self.zero, true), (Self.own, true)] {
            let said = try said(
                array(unwritten: own, masked: Self.other, attribute: 9, isWhole: isWhole), version: 2)
            #expect(said.fill == 9 && said.attribute == nil && said.issues.isEmpty)
            #expect(said.last == (isWhole ? .inline([1, 0, 1, 0]) : .missing))
        }
    }

    @Test func version2SaysZerosByNull() throws {
        let said = try said(array(unwritten: Self.zero, masked: Self.other, attribute: 9), version: 2)
        #expect(said.fill == .null && said.attribute == 9 && said.last == .missing)
        let plain = try self.said(array(unwritten: Self.zero), version: 2)
        #expect(plain.fill == .null && plain.attribute == nil && plain.last == .missing)
    }

    @Test func version2EmbedsWhatItCannotSay() throws {
        let both = try said(array(unwritten: Self.own, masked: Self.other, attribute: 9), version: 2)
        #expect(both.fill == 9 && both.attribute == nil && both.last == .inline([7, 0, 7, 0]))
        let one = try said(array(unwritten: Self.own), version: 2)
        #expect(one.fill == .null && one.last == .inline([7, 0, 7, 0]))
        let whole = try said(array(unwritten: Self.own, isWhole: true), version: 2)
        #expect(whole.fill == .null && whole.last == .inline([1, 0, 1, 0]))
    }

    @Test func version2TellsWhatWillBeMasked() throws {
        let said = try said(array(unwritten: Self.own), version: 2, limit: 0)
        #expect(said.fill == 7 && said.last == .missing)
        #expect(said.issues.map(\.object) == ["/a"])
        #expect(said.issues[0].reason.contains("1 chunk was never written"))
    }

    @Test func anAttributeOfAnotherTypeStays() throws {
        let said = try said(array(unwritten: Self.zero, attribute: "many"), version: 2)
        #expect(said.fill == .null && said.attribute == "many" && said.last == .missing)
    }

    @Test func charactersAreMaskedByNoAttribute() throws {
        let said = try said(
            array(.fixedBytes(length: 2), unwritten: Self.zero, masked: [0x2D, 0], attribute: "-"), version: 2
        )
        #expect(said.fill == "LQA=" && said.attribute == nil && said.last == .inline([0, 0, 0, 0]))
        let third = try self.said(
            array(.fixedBytes(length: 2), unwritten: Self.zero, masked: [0x2D, 0], attribute: "-"), version: 3
        )
        #expect(third.fill == "AAA=" && third.attribute == nil && third.issues.map(\.object) == ["/a"])
    }

    @Test func structuresHaveNoNull() throws {
        let type = DataType.structure([DataType.Field(name: "x", type: .fixedBytes(length: 2))])
        #expect(try said(array(type, unwritten: Self.zero), version: 2).fill == "AAA=")
    }

    @Test func twoNaNsAreOne() throws {
        let type = DataType.float(width: 2, .little)
        let said = try said(
            array(type, unwritten: [1, 0x7E], masked: [0, 0x7E], attribute: .real(.nan)), version: 2)
        #expect(said.fill == "NaN" && said.attribute == nil && said.last == .missing)
    }

    // MARK: Version 3

    @Test func version3SaysBoth() throws {
        let said = try said(array(unwritten: Self.own, masked: Self.other, attribute: 9), version: 3)
        #expect(said.fill == 7 && said.attribute == 9 && said.last == .missing)
    }

    @Test func whereNothingIsSaidVersion3SaysZeros() throws {
        var plain = try array(unwritten: Self.zero)
        plain.missing = MissingData()
        let said = try said(plain, version: 3)
        #expect(
            said.fill == 0 && said.attribute == nil
                && said.array.missing == MissingData(unwritten: .element([0, 0])))
    }

    // MARK: There and back

    @Test func whatAVersionSaysStaysAsItIs() throws {
        var second = try array(unwritten: Self.own, attribute: 9)
        second.missing = .masking(.element(Bytes(Self.own)))
        let again = try said(second, version: 2)
        #expect(again.fill == 7 && again.attribute == 9 && again.last == .missing)
        let third = try said(said(second, version: 3).array, version: 3)
        #expect(third.fill == 7 && third.attribute == 7, "what version 2 masks, not what its attribute says")
    }

    @Test func valuesStayFromOneVersionToTheOther() throws {
        var second = try array(unwritten: Self.own)
        second.missing = .masking(.element(Bytes(Self.own)))
        let third = try said(second, version: 3)
        #expect(third.fill == 7 && third.attribute == 7)
        let back = try said(third.array, version: 2)
        #expect(back.fill == 7 && back.attribute == nil && back.last == .missing)
    }

    @Test func theModelsOwnDocumentHasAllOfIt() throws {
        for masked in [MissingData.Masked.attribute, .unwritten, .value(.element(Bytes(Self.other)))] {
            var array = try array(unwritten: Self.own, attribute: 9)
            array.missing.masked = masked
            let read = try VirtualArray(document: array.document)
            #expect(read.missing == array.missing && read.attributes == array.attributes)
            #expect(read.maskedValue == array.maskedValue)
        }
    }
}
