// SPDX-License-Identifier: Apache-2.0
// Datasets that say all that a reference set can say.

import KerchunkBytes
import KerchunkModel

/// A dataset that a form of references has to keep.
struct ReferenceSample {
    let name: String
    let dataset: VirtualDataset

    static func all() -> [ReferenceSample] {
        [
            ReferenceSample(name: "no arrays", dataset: VirtualDataset()),
            ReferenceSample(name: "kinds of chunks", dataset: chunks()),
            ReferenceSample(name: "groups", dataset: groups()),
            ReferenceSample(name: "attributes", dataset: attributes()),
            ReferenceSample(name: "names", dataset: names()),
            ReferenceSample(name: "many sources", dataset: sources(3000)),
            ReferenceSample(name: "types", dataset: types()),
        ]
    }

    /// The same for a version of Zarr: in the third each array has a fill value, zeros where nothing else is said, and what is
    /// masked is an attribute.
    func forZarr(_ version: Int) -> ReferenceSample {
        var dataset = dataset
        if version == 3 { Self.fillZeros(&dataset.root) }
        return ReferenceSample(name: name, dataset: dataset)
    }

    private static func fillZeros(_ group: inout VirtualGroup) {
        for (name, member) in group.members {
            switch member {
            case .array(var array):
                let zeros = Bytes([UInt8](repeating: 0, count: array.dataType.size))
                if case .integer = array.dataType { array.attributes["_FillValue"] = maskedNumber(array) }
                if case .float = array.dataType { array.attributes["_FillValue"] = maskedNumber(array) }
                array.missing = MissingData(
                    unwritten: array.missing.unwritten == .none ? .element(zeros) : array.missing.unwritten)
                group[name] = .array(array)
            case .group(var inner):
                fillZeros(&inner)
                group[name] = .group(inner)
            }
        }
    }

    private static func maskedNumber(_ array: VirtualArray) -> JSONValue? {
        let json = array.maskedValue?.json(for: array.dataType)
        guard case .float = array.dataType, let number = json?.realOrWord else { return json }
        return .real(number)
    }

    static func array(
        _ shape: [UInt64], by chunkShape: [UInt64], type: DataType = .float(width: 8, .little),
        fill: FillValue = .none, attributes: JSONObject = [:], names: [String]? = nil,
        _ location: (UInt64) -> ChunkLocation
    ) -> VirtualArray {
        guard let grid = ChunkGrid(covering: shape, by: chunkShape) else { preconditionFailure("no grid") }
        var builder = ManifestBuilder(grid: grid)
        for position in 0..<grid.count { builder.set(position, location(position)) }
        return VirtualArray(
            shape: shape, chunkShape: chunkShape, dataType: type, missing: .masking(fill),
            attributes: attributes,
            dimensionNames: names, chunks: builder.finish())
    }

    /// Missing, embedded, whole and partial, of no dimension to ten, dense and sparse, far out in large files.
    private static func chunks() -> VirtualDataset {
        var dataset = VirtualDataset()
        let first = dataset.sources.intern("/data/first.bin", stamp: SourceStamp(size: 1 << 60))
        let second = dataset.sources.intern("s3://bucket/second.bin")
        func range(_ source: SourceIndex, _ start: UInt64, _ count: UInt64) -> ChunkLocation {
            .range(source, ByteRange(start..<start + count))
        }
        dataset.root["mixed"] = .array(
            array([10, 6], by: [2, 3], names: ["y", "x"]) { position in
                switch position {
                case 2, 7: .missing
                case 4: .inline(Bytes([UInt8](repeating: 7, count: 48)))
                case 5: .wholeFile(second)
                default: range(position % 2 == 0 ? first : second, position * 48, 48)
                }
            })
        dataset.root["scalar"] = .array(array([], by: [], names: []) { _ in range(first, 80, 8) })
        dataset.root["none"] = .array(array([0, 3], by: [1, 3], names: ["n", "x"]) { _ in .missing })
        dataset.root["nowhere"] = .array(array([6], by: [2], names: ["six"]) { _ in .missing })
        dataset.root["ten"] = .array(
            array(
                Array(repeating: 2, count: 5) + [1, 1, 1, 1, 2], by: Array(repeating: 1, count: 10),
                names: (0..<10).map { "axis\($0)" }
            ) { $0 % 5 == 0 ? .missing : range(second, $0 * 8, 8) })
        dataset.root["sparse"] = .array(
            array([500], by: [1], names: ["s"]) { $0 % 99 == 0 ? range(first, $0, 8) : .missing })
        dataset.root["far"] = .array(
            array([4], by: [1], names: ["f"]) {
                range(first, [0, 1 << 31, 1 << 40, 1 << 53 + 1][Int($0)], 1 << 33 + 1)
            })
        let inlines: [[UInt8]] = [
            Array(0...255), Array("plain text".utf8), Array("base64:QUJD".utf8), Array("{{a}} \"\\\n".utf8),
            Array("é日本".utf8), [0], [0xFF, 0xFE], Array("[\"x\",0,1]".utf8),
        ]
        dataset.root["inline"] = .array(
            array([8], by: [1], type: .fixedBytes(length: 1), names: ["i"]) {
                .inline(Bytes(inlines[Int($0)]))
            })
        return dataset
    }

    /// Groups of groups, some with nothing in them.
    private static func groups() -> VirtualDataset {
        var dataset = VirtualDataset()
        let source = dataset.sources.intern("/data/a.nc")
        let small = array([2], by: [1], names: ["x"]) { .range(source, ByteRange($0 * 8..<$0 * 8 + 8)) }
        var group = VirtualGroup(attributes: ["level": 5])
        group["deep"] = .array(small)
        for level in (1...4).reversed() {
            var outer = VirtualGroup(attributes: ["level": .integer(level)])
            outer["g"] = .group(group)
            outer["empty"] = .group(VirtualGroup())
            group = outer
        }
        dataset.root = group
        dataset.root["x"] = .array(small)
        return dataset
    }

    /// Words that look like numbers, numbers at their bounds, lists, nothing.
    private static func attributes() -> VirtualDataset {
        var dataset = VirtualDataset()
        let attributes: JSONObject = [
            "text": "NaN", "words": ["Infinity", "-Infinity", "null", ""], "empty": "", "list": [],
            "nested": [[1, 2], [3, [4.5]]], "object": ["a": ["b": nil]], "yes": true, "nothing": nil,
            "unicode": "é 日本 \u{1F30D} \u{0} \u{1} \u{7F} \u{2028} \"quoted\" \\ / \n\t",
            "é 日本": 1, "a \"b\"": 2, "real": 0.1, "large": 1e300,
            "small": .real(Double.leastNonzeroMagnitude), "whole": 2.0,
            "least": .integer(Int64.min), "most": .integer(UInt64.max), "negative": -1,
        ]
        dataset.root.attributes = attributes
        dataset.root["a"] = .array(
            array([2], by: [2], attributes: attributes, names: ["x"]) { _ in .missing })
        return dataset
    }

    /// Names and URLs of any characters.
    private static func names() -> VirtualDataset {
        var dataset = VirtualDataset()
        let urls = [
            "/data/é 日本.nc", "s3://bucket/a b+c%20d.nc", "https://h/x.nc?a=1&b={{c}}",
            "/data/\"quoted\"\\.nc",
            "zip://a.nc::s3://b/c.zip", "/data/\u{1F30D}.nc",
        ]
        let sources = urls.map { dataset.sources.intern($0) }
        for (index, name) in ["é", "日本", "a b", "a.b", "x+y", "100%", "\u{1F30D}", "quote\"d"].enumerated() {
            let source = sources[index % sources.count]
            dataset.root[name] = .array(
                array([2], by: [1], names: [name]) { .range(source, ByteRange($0 * 8..<$0 * 8 + 8)) })
        }
        var group = VirtualGroup(attributes: ["é": "é"])
        group["größe"] = dataset.root["é"]
        dataset.root["größe"] = .group(group)
        return dataset
    }

    /// Each chunk in a file of its own.
    static func sources(_ count: UInt64, start: UInt64 = 0) -> VirtualDataset {
        var dataset = VirtualDataset()
        let rows = (0..<count).map { number in
            dataset.sources.intern("s3://bucket/folder/\((start + number) % 7)/file-\(start + number).nc")
        }
        dataset.root["a"] = .array(
            array([count], by: [1], names: ["t"]) {
                .range(rows[Int($0)], ByteRange(start + $0..<start + $0 + 8))
            })
        return dataset
    }

    private static func types() -> VirtualDataset {
        var dataset = VirtualDataset()
        let types: [(String, DataType, FillValue)] = [
            ("i1", .integer(isSigned: true, width: 1, .little), .element(Bytes([0x80]))),
            (
                "u8", .integer(isSigned: false, width: 8, .big),
                .element(Bytes([UInt8](repeating: 0xFF, count: 8)))
            ),
            (
                "i8", .integer(isSigned: true, width: 8, .little),
                .element(Bytes([1, 0, 0, 0, 0, 0, 0x20, 0]))
            ),
            ("f4", .float(width: 4, .big), .element(Bytes([0x7F, 0xC0, 0, 0]))),
            ("f8", .float(width: 8, .little), .element(Bytes([0, 0, 0, 0, 0, 0, 0xF0, 0xFF]))),
            ("f2", .float(width: 2, .little), .none),
        ]
        for (name, type, fill) in types {
            dataset.root[name] = .array(
                array([4], by: [2], type: type, fill: fill, names: ["x"]) { _ in .missing })
        }
        return dataset
    }
}
