// SPDX-License-Identifier: Apache-2.0
// Sets larger than the window that the reader moves over them, in every form and order.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import KerchunkTestKit
import Testing

private func document(_ shape: [UInt64], more: String = "") -> String {
    #"{"zarr_format":2,"shape":\#(shape),"chunks":\#(shape.map { _ in 1 }),"dtype":"<f8","fill_value":null,"filters":null,"compressor":null,"order":"C"\#(more)}"#
}

private func range(_ position: UInt64) -> ByteRange { ByteRange(position * 1000..<position * 1000 + 17) }

/// A reference to the chunk at `position`, written in one of many ways.
private func member(_ name: String, _ position: UInt64, on grid: ChunkGrid, style: UInt64) -> String {
    let key = name + "/" + grid.coordinates(of: position).map(\.description).joined(separator: ".")
    let url = "s3://bucket/some/longer/folder/file_\(position / 100 % 7).nc"
    let (offset, length) = (range(position).offset, range(position).count)
    switch style {
    case 0: return #""\#(key)": ["\#(url)", \#(offset), \#(length)]"#
    case 1: return #""\#(key)":["\#(url)",\#(offset),\#(length)]"#
    case 2:
        return
            "\"\(key)\": [\n            \"\(url)\",\n            \(offset),\n            \(length)\n        ]"
    case 3: return #""\#(key)":["\#(url.replacing("/", with: #"\/"#))",\#(offset),\#(length)]"#
    default: return #""\#(key)" :  [ "\#(url)" , \#(offset) , \#(length) ] "#
    }
}

private func check(_ loaded: Opened, _ name: String, count: UInt64) throws {
    guard case .array(let array) = loaded.dataset.root[name] else {
        throw KerchunkError(.usage, "no array \(name)")
    }
    let manifest = try array.chunks.rows(0..<array.chunks.grid.count)
    #expect(UInt64(manifest.presentCount) == count)
    var wrong = 0
    for position in 0..<count {
        guard case .range(let source, let found) = manifest[position], found == range(position),
            loaded.dataset.sources[source].url.hasSuffix("_\(position / 100 % 7).nc")
        else {
            wrong += 1
            continue
        }
    }
    #expect(wrong == 0)
}

@Suite struct WindowTests {
    @Test(arguments: 0..<6 as Range<UInt64>) func membersCrossWindows(style: UInt64) throws {
        let grid = try #require(ChunkGrid(shape: [40, 20, 50]))
        var members = ["\"tas/.zarray\":" + document(grid.shape)]
        for position in 0..<grid.count {
            members.append(member("tas", position, on: grid, style: style == 5 ? position % 5 : style))
        }
        let text = Bytes("{\"version\":1,\"refs\":{" + members.joined(separator: ",") + "}}")
        #expect(text.count > 2 << 20)
        let source = CountingSource(MemorySource(text))
        let loaded = try JSONReferenceReader().read(source)
        #expect(loaded.issues.isEmpty)
        try check(loaded, "tas", count: grid.count)
        #expect(source.bytes < UInt64(text.count) + 100)
    }

    @Test(arguments: [true, false]) func documentsMayComeLast(isFlat: Bool) throws {
        let grid = try #require(ChunkGrid(shape: [40_000]))
        var members = (0..<grid.count).map { member("tas", $0, on: grid, style: $0 % 2) }
        members.append("\"tas/.zarray\":" + document(grid.shape))
        let body = "{" + members.joined(separator: ",") + "}"
        let text = Bytes(isFlat ? body : "{\"refs\":" + body + ",\"version\":1}")
        #expect(text.count > 2 << 20)
        let source = CountingSource(MemorySource(text))
        let loaded = try JSONReferenceReader().read(source)
        #expect(loaded.issues.isEmpty)
        try check(loaded, "tas", count: grid.count)
        #expect(source.bytes < 3 * UInt64(text.count) + 100)
    }

    @Test func arraysMayAlternate() throws {
        let grid = try #require(ChunkGrid(shape: [20_000]))
        var members = ["a", "b", "c"].map { "\"\($0)/.zarray\":" + document(grid.shape) }
        for position in 0..<grid.count {
            for name in ["a", "b", "c"] { members.append(member(name, position, on: grid, style: 0)) }
        }
        let loaded = try JSONReferenceReader().read(
            Bytes("{\"version\":1,\"refs\":{" + members.joined(separator: ",") + "}}"))
        for name in ["a", "b", "c"] { try check(loaded, name, count: grid.count) }
    }

    @Test func aLargeInlineChunkIsRead() throws {
        let value = String(repeating: "0123456789", count: 400_000)
        let text =
            #"{"version":1,"refs":{"a/.zarray":\#(document([3])),"a/0":"\#(value)","a/1":["/f",1,2],"a/2":"\#(value)"}}"#
        let loaded = try JSONReferenceReader().read(Bytes(text))
        guard case .array(let array) = loaded.dataset.root["a"] else {
            throw KerchunkError(.usage, "no array")
        }
        let manifest = try array.chunks.rows(0..<3)
        #expect(manifest[0] == .inline(Bytes(value)))
        #expect(manifest[1] == .range(firstSource, ByteRange(1..<3)))
        #expect(manifest[2] == .inline(Bytes(value)))
        var reader = JSONReferenceReader()
        reader.limits.memberSize = 1 << 20
        let tooLarge = try #require(throws: KerchunkError.self) { try reader.read(Bytes(text)) }
        #expect(tooLarge.kind == .limit)
        reader = JSONReferenceReader()
        reader.limits.inlineSize = 5_000_000
        #expect(try #require(throws: KerchunkError.self) { try reader.read(Bytes(text)) }.kind == .limit)
    }

    @Test func errorsBehindTheFirstWindowNameTheirPlace() throws {
        let grid = try #require(ChunkGrid(shape: [40_000]))
        var members = ["\"tas/.zarray\":" + document(grid.shape)]
        for position in 0..<grid.count { members.append(member("tas", position, on: grid, style: 0)) }
        let start = "{\"version\":1,\"refs\":{" + members.joined(separator: ",") + ","
        let error = try #require(throws: KerchunkError.self) {
            try JSONReferenceReader().read(Bytes(start + "\"tas/0\":[\"/f\",-1,2]}}"))
        }
        #expect(error.offset == UInt64(start.utf8.count + "\"tas/0\":[\"/f\",".utf8.count))
        #expect(error.kind == .malformed)
    }

    @Test func theLastOfEqualKeysCounts() throws {
        for (first, second) in [(0, 1), (1, 0)] {
            let documents = ["", "\"a/.zarray\":" + document([2]) + ","]
            let text =
                "{\"version\":1,\"refs\":{\(documents[first])\"a/0\":[\"/f\",1,2],\(documents[second])\"a/0\":[\"/g\",3,4]}}"
            let loaded = try JSONReferenceReader().read(Bytes(text))
            let found = try #require(try chunks(loaded, "a").first)
            #expect(found == ["/g", 3, 4])
        }
        let changed = try JSONReferenceReader().read(
            Bytes(
                "{\"version\":1,\"refs\":{\"a/.zarray\":\(document([2])),\"a/0\":[\"/f\",1,2],\"a/2\":[\"/f\",3,4],\"a/.zarray\":\(document([3]))}}"
            ))
        #expect(changed.issues.isEmpty)
        #expect(try chunks(changed, "a").count == 2)
    }

    /// The ranges of an array's chunks, in order.
    private func chunks(_ loaded: Opened, _ name: String) throws -> [JSONValue] {
        guard case .array(let array) = loaded.dataset.root[name] else {
            throw KerchunkError(.usage, "no array")
        }
        var found: [JSONValue] = []
        try array.chunks.rows(0..<array.chunks.grid.count).forEachPresent { _, location in
            if case .range(let source, let range) = location {
                found.append([
                    .string(loaded.dataset.sources[source].url), .integer(range.offset),
                    .integer(range.count),
                ])
            }
        }
        return found
    }

    @Test func membersThatNobodyKnowsAreAnIssue() throws {
        let loaded = try JSONReferenceReader().read(
            Bytes(#"{"version":1,"extra":{"x":[1,{}]},"more":2,"refs":{}}"#))
        #expect(loaded.issues.map(\.object) == ["/extra"])
        #expect(loaded.issues.first?.reason == "this key and 1 more next to \"refs\" are unknown")
    }

    @Test func manyArraysAndDeepGroupsStayBounded() throws {
        let deep = String(repeating: "a/", count: 50_000)
        let loaded = try JSONReferenceReader().read(
            Bytes(
                #"{"version":1,"refs":{"\#(deep).zgroup":{"zarr_format":2},"\#(deep)x/.zarray":\#(document([2]))}}"#
            ))
        #expect(loaded.issues.count == 2)
        var members: [String] = []
        for number in 0..<2000 {
            members.append("\"a\(number)/.zarray\":" + document([60_000, 60_000]))
            members.append("\"a\(number)/59999.0\":[\"/f\",0,\(number)]")
        }
        let many = try JSONReferenceReader().read(
            Bytes("{\"version\":1,\"refs\":{" + members.joined(separator: ",") + "}}"))
        #expect(many.dataset.root.names.count == 2000)
    }
}

/// A URL as a set with the template `u` = `s3://b/` writes it, and the URL that it means.
private func spelling(_ number: Int) -> (text: String, url: String) {
    switch number % 8 {
    case 0: ("s3://b/plain_\(number).nc", "s3://b/plain_\(number).nc")
    case 1: ("{{u}}short_\(number).nc", "s3://b/short_\(number).nc")
    case 2: ("{{ u }}wide_\(number).nc", "s3://b/wide_\(number).nc")
    case 3: ("{{u}}a{{u}}\(number)", "s3://b/as3://b/\(number)")
    case 4: (#"s3:\/\/b\/escaped_\#(number)"#, "s3://b/escaped_\(number)")
    case 5: ("s3://b/größe_\(number)", "s3://b/größe_\(number)")
    case 6: ("s3://b/{brace}_\(number)", "s3://b/{brace}_\(number)")
    default: ("{{u}}", "s3://b/")
    }
}

@Suite struct URLTests {
    @Test(arguments: [1, 5, 100_000]) func anySpellingOfAURLIsUnderstood(repeats: Int) throws {
        let count = 4000
        var members = [
            "\"a/.zarray\":" + document([UInt64(count)]), "\"b/.zarray\":" + document([UInt64(count)]),
        ]
        for position in 0..<count {
            for name in ["a", "b"] {
                members.append(
                    #""\#(name)/\#(position)":["\#(spelling(position % repeats * 3 + position % 3).text)",\#(position),1]"#
                )
            }
        }
        let text =
            #"{"version":1,"templates":{"u":"s3://b/"},"refs":{"# + members.joined(separator: ",") + "}}"
        let loaded = try JSONReferenceReader().read(Bytes(text))
        #expect(loaded.issues.isEmpty)
        var urls: Set<String> = []
        for position in 0..<count {
            let url = spelling(position % repeats * 3 + position % 3).url
            urls.insert(url)
            for name in ["a", "b"] {
                guard case .array(let array) = loaded.dataset.root[name],
                    case .range(let source, let range) = try array.chunks.rows(0..<UInt64(count))[
                        UInt64(position)]
                else {
                    Issue.record("no chunk \(position)")
                    return
                }
                #expect(range == ByteRange(UInt64(position)..<UInt64(position) + 1))
                #expect(loaded.dataset.sources[source].url == url)
            }
        }
        #expect(loaded.dataset.sources.count == urls.count)
    }
}

@Suite struct TemplateTests {
    private func read(templates: String = "{}", gen: String = "[]", url: String = "x") throws
        -> Opened
    {
        try JSONReferenceReader().read(
            Bytes(
                #"{"version":1,"templates":\#(templates),"gen":\#(gen),"refs":{"a/.zarray":\#(document([9])),"a/0":["\#(url)",0,1]}}"#
            ))
    }

    @Test(arguments: [
        ("{{nobody}}", "unknown name \\\"nobody\\\""), ("{{f}}", "needs arguments"),
        ("{{u()}}", "not a template"),
        ("{{f('x')}}", "need names"), ("{% if u %}x{{u}}{% endif %}", "only expressions"),
        ("{{u", "not closed"),
        ("{{}}", "a value is missing"), ("{{u if 1 else 2}}", "only arithmetic"), ("{{1 / 0}}", "no result"),
        ("{{9223372036854775807 + 1}}", "no result"), ("{{2 ** 64}}", "no result"), ("{{u.x}}", "is missing"),
        ("{{u.center(9)}}", "not supported"), ("{{u[0]}}", "not supported"),
        ("{{'%999999d' % 1}}", "no result"),
        ("{{99999999999999999999}}", "64 bits"), ("{{'x' * 9}}", "no result"),
        ("{{(1, 2)}}", "a list is not a string"),
    ])
    func whatIsNotUnderstoodIsRefused(url: String, reason: String) throws {
        let error = try #require(throws: KerchunkError.self) {
            try read(
                templates: #"{"u":"s3://b","f":"{{c}}"}"#, url: url)
        }
        #expect(error.kind == .unsupported)
        #expect(error.message.contains(reason.replacing("\\\"", with: "\"")), "\(error.message)")
        #expect(error.offset != nil)
    }

    @Test func hostileTemplatesStayBounded() throws {
        let deep = String(repeating: "(", count: 10_000)
        let long = Array(repeating: "1", count: 100_000).joined(separator: "+")
        let minus = String(repeating: "-", count: 200) + "1"
        for url in [
            "{{\(deep)}}", "{{\(long)}}", "{{\(minus)}}", "{{" + String(repeating: "u~", count: 100) + "u}}",
        ] {
            #expect(throws: KerchunkError.self) {
                try read(templates: "{\"u\":\"\(String(repeating: "x", count: 60_000))\"}", url: url)
            }
        }
    }

    @Test(arguments: [
        (#"[{"key":"a/{{i}}","url":"x","dimensions":{"i":{"stop":1000000000000}}}]"#, "more than"),
        (#"[{"key":"a/{{i}}","url":"x","offset":"1","dimensions":{"i":{"stop":1}}}]"#, "or neither"),
        (#"[{"key":"a/{{i}}","url":"x"}]"#, "needs \"dimensions\""),
        (#"[{"key":"a/{{i}}","url":"x","dimensions":{"i":{"stop":3,"step":0}}}]"#, "is 0"),
        (#"[{"key":"a/{{i}}","url":"x","dimensions":{"i":{"start":3}}}]"#, "needs \"stop\""),
        (#"[{"key":"a/{{i}}","url":"x","dimensions":{"i":[[1]]}}]"#, "not a value"),
        (
            #"[{"key":"a/{{i}}","url":"x","offset":"{{i/2}}","length":"1","dimensions":{"i":[1]}}]"#,
            "\"0.5\" is not an integer"
        ),
        (#"[{"key":"a/{{u}}","url":"x","dimensions":{"u":[1]}}]"#, "both a dimension and a template"),
        (
            #"[{"key":"a/{{i}}","url":"x","dimensions":{"i":{"start":-9223372036854775808,"stop":9223372036854775807}}}]"#,
            "more than"
        ),
        (#"{"key":"a"}"#, "not a list"),
    ])
    func rulesThatMakeNoSenseAreRefused(gen: String, reason: String) throws {
        let error = try #require(throws: KerchunkError.self) { try read(templates: #"{"u":"v"}"#, gen: gen) }
        #expect(error.message.contains(reason), "\(error.message)")
    }

    @Test func aRuleWithoutValuesMakesNothing() throws {
        let gen = #"[{"key":"a/{{i}}","url":"x","dimensions":{"i":{"start":5,"stop":2},"j":[1]}}]"#
        #expect(try read(gen: gen).issues.isEmpty)
    }
}
