// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkNetCDF3

private func scan(
    _ source: any ByteSource, _ change: (inout ScanOptions) -> Void = { _ in }
) throws -> ScanResult {
    var options = ScanOptions()
    options.inlineThreshold = 0
    change(&options)
    return try NetCDF3Scanner().scan(.file(source), in: ScanContext(options: options))
}

private func scan(
    _ builder: HeaderBuilder, dataSize: Int, _ change: (inout ScanOptions) -> Void = { _ in }
) throws -> ScanResult {
    try scan(MemorySource(builder.file(dataSize: dataSize), url: "/f"), change)
}

private func array(_ result: ScanResult, _ name: String) throws -> VirtualArray {
    guard case .array(let array) = result.dataset.root[name] else {
        throw KerchunkError(.notFound, "no array \(name)")
    }
    return array
}

/// Offset and size of each chunk; nil for missing ones.
private func ranges(_ array: VirtualArray) throws -> [[UInt64]?] {
    let manifest = try array.chunks.rows(0..<array.chunks.grid.count)
    return (0..<manifest.positionCount).map { position in
        guard case .range(_, let range) = manifest[position] else { return nil }
        return [range.offset, range.count]
    }
}

private func records(_ variables: [HeaderBuilder.Variable], count: UInt64 = 3) -> HeaderBuilder {
    var builder = HeaderBuilder()
    builder.records = count
    builder.dimensions = [("time", 0), ("x", 3), ("y", 4)]
    builder.variables = variables
    return builder
}

@Suite struct PlaceTests {
    @Test func aFixedVariableIsOneChunk() throws {
        let builder = records([.init("a", [2, 1], .double, at: 512), .init("b", [], .short, at: 608)])
        let result = try scan(builder, dataSize: 100)
        #expect(try ranges(array(result, "a")) == [[512, 96]])
        #expect(try array(result, "a").chunkShape == [4, 3])
        #expect(try array(result, "a").dimensionNames == ["y", "x"])
        #expect(try ranges(array(result, "b")) == [[608, 2]])
        #expect(try array(result, "b").shape == [])
        #expect(result.issues.isEmpty)
    }

    @Test func severalRecordVariablesAreInterleavedAndPadded() throws {
        // 8 bytes, 3 padded to 4, 6 padded to 8.
        let builder = records([
            .init("t", [0], .double, at: 512), .init("b", [0, 1], .byte, at: 520),
            .init("s", [0, 1], .short, at: 524),
        ])
        let result = try scan(builder, dataSize: 60)
        #expect(try ranges(array(result, "t")) == [[512, 8], [532, 8], [552, 8]])
        #expect(try ranges(array(result, "b")) == [[520, 3], [540, 3], [560, 3]])
        #expect(try ranges(array(result, "s")) == [[524, 6], [544, 6], [564, 6]])
        #expect(try array(result, "s").shape == [3, 3])
        #expect(try array(result, "s").chunkShape == [1, 3])
    }

    @Test func aSingleRecordVariableIsNotPadded() throws {
        let result = try scan(records([.init("s", [0, 1], .short, at: 512)]), dataSize: 18)
        #expect(try ranges(array(result, "s")) == [[512, 6], [518, 6], [524, 6]])
    }

    @Test func noRecordsAreNoChunks() throws {
        let result = try scan(records([.init("s", [0, 1], .short, at: 512)], count: 0), dataSize: 0)
        #expect(try array(result, "s").shape == [0, 3])
        #expect(try array(result, "s").chunks.grid.count == 0)
        #expect(result.issues.isEmpty)
    }

    @Test(arguments: [(60, 3), (57, 2), (58, 3), (77, 3), (78, 4), (80, 4), (0, 0), (17, 0), (18, 1)])
    func aStreamHasTheRecordsThatFit(_ dataSize: Int, _ count: UInt64) throws {
        // 8 + 4 + 6 bytes and 2 of padding, which the last record may lack.
        let builder = records(
            [
                .init("t", [0], .double, at: 512), .init("b", [0, 1], .byte, at: 520),
                .init("s", [0, 1], .short, at: 524),
            ], count: 0xFFFF_FFFF)
        let result = try scan(builder, dataSize: dataSize)
        #expect(try array(result, "t").shape == [count])
        #expect(try ranges(array(result, "t")).count == Int(count))
        #expect(result.issues.isEmpty)
    }

    @Test func variablesAreSplitIntoEqualRunsOfBytes() throws {
        let builder = records([
            .init("fixed", [2, 1], .int, at: 512), .init("a", [0, 2, 1], .int, at: 560),
            .init("b", [0], .int, at: 608),
        ])
        let result = try scan(builder, dataSize: 48 + 3 * 52) { $0.maximumChunkSize = 24 }
        #expect(try array(result, "fixed").chunkShape == [2, 3])
        #expect(try ranges(array(result, "fixed")) == [[512, 24], [536, 24]])
        #expect(try array(result, "a").chunkShape == [1, 2, 3])
        #expect(
            try ranges(array(result, "a"))
                == [[560, 24], [584, 24], [612, 24], [636, 24], [664, 24], [688, 24]])
        #expect(try ranges(array(result, "b")) == [[608, 4], [660, 4], [712, 4]])
        let finer = try scan(builder, dataSize: 48 + 3 * 52) { $0.maximumChunkSize = 4 }
        #expect(try array(finer, "a").chunkShape == [1, 1, 1])
        #expect(try array(finer, "a").chunks.grid.shape == [3, 4, 3])
    }

    @Test func recordsThatAreCutAreLeftOutAndTold() throws {
        let builder = records([.init("t", [0], .double, at: 512), .init("s", [0, 1], .short, at: 520)])
        // Two records of 16 bytes, and of the third its first variable.
        #expect {
            try scan(builder, dataSize: 42)
        } throws: { ("\($0)").hasPrefix("truncated: 554 of 558 bytes; ") }
        let result = try scan(builder, dataSize: 42) { $0.salvages = true }
        #expect(try ranges(array(result, "t")) == [[512, 8], [528, 8]])
        #expect(try ranges(array(result, "s")) == [[520, 6], [536, 6]])
        #expect(try array(result, "s").shape == [2, 3])
        #expect(result.issues.map(\.object) == ["/", "/t", "/s"])
        #expect(result.dataset.sources.sources.map(\.stamp.fullSize) == [558])
        #expect(
            result.issues.last?.reason
                == "1 of its 3 records are left out: they are beyond the end of the file at byte 554, or truncated there"
        )
    }

    @Test func theOnlyRecordStaysWhereItIsCut() throws {
        let builder = records(
            [
                .init("t", [0], .double, at: 512), .init("n", [0, 1], .short, at: 520),
                .init("b", [0, 1], .byte, at: 528),
            ], count: 1)
        let result = try scan(builder, dataSize: 10) { $0.salvages = true }
        #expect(try ranges(array(result, "t")) == [[512, 8]])
        #expect(try ranges(array(result, "n")) == [nil])
        // netCDF's own fill value: -32767.
        #expect(try array(result, "n").missing == .masking(.element([0x80, 0x01])))
        // Of bytes each may be a value.
        #expect(result.dataset.root["b"] == nil)
        #expect(result.issues.map(\.object) == ["/", "/n", "/b"])
    }

    @Test func missingPaddingBehindTheLastRecordIsNoDamage() throws {
        let builder = records([.init("t", [0], .double, at: 512), .init("s", [0, 1], .short, at: 520)])
        // The shorts are 6 bytes in 8.
        for size in 46...48 {
            let result = try scan(builder, dataSize: size)
            #expect(result.issues.isEmpty)
            #expect(result.dataset.sources.sources.map(\.stamp.fullSize) == [nil])
        }
        #expect(throws: KerchunkError.self) { try scan(builder, dataSize: 45) }
    }

    @Test func aSplitRecordThatIsCutKeepsItsWholeChunks() throws {
        let builder = records([.init("a", [0, 2, 1], .int, at: 512)])
        let result = try scan(builder, dataSize: 48 + 30) {
            $0.maximumChunkSize = 12
            $0.salvages = true
        }
        #expect(try ranges(array(result, "a")) == [[512, 12], [524, 12], [536, 12], [548, 12]])
        let cut = try scan(builder, dataSize: 30) {
            $0.maximumChunkSize = 12
            $0.salvages = true
        }
        #expect(try ranges(array(cut, "a")) == [[512, 12], [524, 12], nil, nil])
    }

    @Test func aMillionRecordsTakeTheColumnsOnly() throws {
        var builder = records([.init("t", [0], .int, at: 512), .init("s", [0, 2], .int, at: 516)])
        builder.records = 1_000_000
        let source = SparseSource(start: builder.file(dataSize: 0), size: 512 + 20_000_000)
        let result = try scan(source) { $0.inlineThreshold = 500 }
        let manifest = try array(result, "s").chunks.rows(0..<1_000_000)
        #expect(manifest[999_999] == .range(SourceIndex(row: 0), ByteRange(20_000_496..<20_000_512)))
        #expect(manifest.memorySize == 20_000_000)
    }

    @Test func placementMovesReferences() throws {
        let inner = records([.init("a", [1], .int, at: 512)]).file(dataSize: 12)
        let outer = MemorySource(Bytes([UInt8](repeating: 7, count: 100) + inner.array), url: "/a.tar")
        let member = SubrangeSource(outer, window: ByteRange(100..<UInt64(100 + inner.count)))
        #expect(try ranges(array(scan(member), "a")) == [[612, 12]])
        let embedded = try array(scan(member) { $0.inlineThreshold = 500 }, "a").chunks.rows(0..<1)
        #expect(embedded[0] == .inline(Bytes([UInt8](repeating: 0, count: 12))))
        #expect(throws: KerchunkError.self) { try scan(MemorySource(inner)) }
    }
}

@Suite struct MetadataTests {
    private func fill(
        _ type: ElementType, _ fillType: ElementType, _ bytes: [UInt8]
    ) throws -> (MissingData, JSONValue?) {
        let attribute = HeaderBuilder.Attribute("_FillValue", fillType, bytes)
        let builder = records([.init("a", [1], type, at: 512, attributes: [attribute])])
        let found = try array(scan(builder, dataSize: 24), "a")
        return (found.missing, found.attributes["_FillValue"])
    }

    @Test func fillValuesFollowTheAttribute() throws {
        func masked(_ bytes: [UInt8]) -> MissingData {
            MissingData(unwritten: .element(Bytes(bytes)), masked: .value(.element(Bytes(bytes))))
        }
        #expect(try fill(.short, .short, [0xFF, 0xF7]) == (masked([0xFF, 0xF7]), -9))
        #expect(try fill(.int, .short, [0xFF, 0xF7]) == (masked([0xFF, 0xFF, 0xFF, 0xF7]), -9))
        // No value of the variable's type: an attribute like any other.
        #expect(try fill(.byte, .short, [1, 0]) == (MissingData(unwritten: .element([0])), 256))
        #expect(
            try fill(.short, .short, [0, 1, 0, 2]) == (MissingData(unwritten: .element([0, 0])), [1, 2]))
        // Characters turn into NaN where Zarr has their fill value.
        #expect(try fill(.char, .char, [0x2D]) == (MissingData(unwritten: .element([0])), "-"))
        let plain = try array(scan(records([.init("a", [1], .float, at: 512)]), dataSize: 12), "a")
        #expect(plain.missing == MissingData(unwritten: .element([0, 0, 0, 0])))
    }

    @Test func namesThatZarrCannotOpenAreEscaped() throws {
        var builder = records([.init("a/b", [1], at: 512), .init("c\\d", [1], at: 524)])
        builder.dimensions[1].name = "a/b"
        let result = try scan(builder, dataSize: 24)
        #expect(result.dataset.root.names == ["a%2Fb", "c%5Cd"])
        #expect(try array(result, "a%2Fb").dimensionNames == ["a%2Fb"])
        #expect(result.issues.map(\.object) == ["/a/b", "/c\\d"])
    }

    @Test func twiceTheSameNameIsAnIssue() throws {
        var builder = records([.init("a", [1], at: 512), .init("a", [1], at: 524), .init("", [1], at: 536)])
        builder.attributes = [.init("t", [0x61]), .init("t", [0x62])]
        let result = try scan(builder, dataSize: 36)
        #expect(try ranges(array(result, "a")) == [[512, 12]])
        #expect(result.dataset.root.names == ["a"])
        #expect(result.dataset.root.attributes == ["t": "a"])
        #expect(result.issues.map(\.object) == ["/", "/a", "/"])
    }

    @Test func variablesAreChosen() throws {
        let builder = records([.init("a", [1], at: 512), .init("b", [1], at: 524)])
        #expect(try scan(builder, dataSize: 24) { $0.included = ["b"] }.dataset.root.names == ["b"])
        let error = #expect(throws: KerchunkError.self) {
            try scan(builder, dataSize: 24) { $0.group = "/g" }
        }
        #expect(error?.kind == .notFound)
    }

    @Test func attributesWithTooManyNumbersAreLeftOut() throws {
        var builder = HeaderBuilder()
        builder.start = 3 << 20
        builder.attributes = [
            .init("long", .byte, [UInt8](repeating: 1, count: 1 << 20 + 1)),
            .init("text", [UInt8](repeating: 0x61, count: 1 << 20 + 1)),
        ]
        let result = try scan(builder, dataSize: 0)
        #expect(result.dataset.root.attributes.names == ["text"])
        #expect(result.issues.count == 1)
    }
}

@Suite struct DamageTests {
    private func problem(_ builder: HeaderBuilder, dataSize: Int = 64) -> String? {
        #expect(throws: ParseError.self) { try scan(builder, dataSize: dataSize) }?.problem
    }

    @Test func dataInsideOtherDataIsAnError() {
        #expect(
            problem(records([.init("a", [1], at: 512), .init("b", [1], at: 520)]))
                == "the data of \"a\" and \"b\" overlap at byte 520")
        #expect(
            problem(records([.init("a", [0], at: 512), .init("b", [0], at: 520)]))
                == "the data of \"a\" and \"b\" overlap at byte 520")
        #expect(
            problem(records([.init("a", [0], at: 512), .init("b", [1], at: 520)]))
                == "the data of \"a\" and \"b\" overlap at byte 520")
        #expect(problem(records([.init("a", [1], at: 40)]))?.contains("inside the header") == true)
    }

    @Test func impossibleShapesAreErrors() {
        #expect(problem(records([.init("a", [1, 0], at: 512)]))?.contains("record dimension") == true)
        var builder = records([.init("a", [1, 1, 1], at: 512)])
        builder.version = .data64
        builder.dimensions[1].length = 1 << 40
        #expect(problem(builder) == "\"a\" has more bytes than any file")
    }

    @Test func recordsThatTheFileCannotHoldAreLeftOut() throws {
        var builder = records([.init("a", [0], at: 512)], count: 1 << 62)
        builder.version = .data64
        #expect(throws: KerchunkError.self) { try scan(builder, dataSize: 64) }
        let result = try scan(builder, dataSize: 64) { $0.salvages = true }
        #expect(try array(result, "a").shape == [16])
        #expect(result.issues.map(\.object) == ["/", "/a"])
    }
}

@Suite struct ReadingTests {
    /// A header of about `size` bytes and one variable behind it.
    private func file(headerSize size: Int) -> HeaderBuilder {
        var builder = records([.init("a", [1], .int, at: UInt64(size + 1000))])
        builder.attributes = (0..<size / 1020).map {
            .init("a\($0)", [UInt8](repeating: 0x61, count: 1000))
        }
        builder.start = size + 1000
        return builder
    }

    @Test(arguments: [(1 << 10, 1), (60 << 10, 1), (100 << 10, 2), (500 << 10, 2), (2 << 20, 3)])
    func aHeaderTakesFewReads(_ size: Int, _ reads: Int) throws {
        let bytes = file(headerSize: size).file(dataSize: 1 << 20)
        let source = CountingSource(MemorySource(bytes, url: "/f"))
        let result = try scan(source)
        #expect(try array(result, "a").shape == [3])
        #expect(source.batches == reads)
        #expect(source.ranges == reads)
        // Not much more than the header.
        #expect(source.bytes <= UInt64(64 << 10 + 8 * size))
    }

    /// Headers of usual size: one read, and one batch for the small chunks of all variables.
    @Test func aFileTakesTwoReads() throws {
        let builder = records(
            (0..<20).map { .init("v\($0)", [0, 1], .short, at: UInt64(2048 + 8 * $0)) }, count: 120)
        var moved = builder
        moved.start = 2048
        let bytes = moved.file(dataSize: 120 * 160)
        let source = CountingSource(MemorySource(bytes, url: "/f"))
        let result = try scan(source) { $0.inlineThreshold = 500 }
        #expect(source.batches == 2)
        #expect(try ranges(array(result, "v7")).allSatisfy { $0 == nil })
    }

    @Test func aLyingHeaderIsNotFetched() throws {
        var builder = file(headerSize: 1 << 10)
        builder.attributes[0].count = 1 << 31
        let source = CountingSource(MemorySource(builder.file(dataSize: 1 << 20), url: "/f"))
        #expect(throws: ParseError.self) { try scan(source) }
        #expect(source.batches == 1)
    }
}

/// A file of zeros behind its first bytes.
private struct SparseSource: ByteSource {
    let start: Bytes
    let totalSize: UInt64

    init(start: Bytes, size: UInt64) {
        self.start = start
        totalSize = size
    }

    var placement: Placement? { Placement(url: "/sparse") }
    var stamp: SourceStamp { SourceStamp(size: totalSize) }
    func size() -> UInt64 { totalSize }
    func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        return ranges.map { range in
            Bytes((range.offset..<range.end).map { $0 < UInt64(start.count) ? start[Int($0)] : 0 })
        }
    }
}
