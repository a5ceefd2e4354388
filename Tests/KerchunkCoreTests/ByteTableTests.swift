// SPDX-License-Identifier: Apache-2.0

import KerchunkBytes
import KerchunkModel
import Testing

@Suite struct ByteTableTests {
    private func add(_ text: String, to table: inout ByteTable) -> Int {
        let key = Array("<\(text)>".utf8)
        return table.add(key.span, 1..<key.count - 1)
    }

    private func number(of text: String, in table: borrowing ByteTable) -> Int? {
        let key = Array(text.utf8)
        return table.number(of: key.span, key.indices)
    }

    @Test func textsAreNumberedInTheOrderOfTheirComing() {
        var table = ByteTable()
        #expect(number(of: "", in: table) == nil)
        #expect(add("a", to: &table) == 0)
        #expect(add("", to: &table) == 1)
        #expect(add("a", to: &table) == 0)
        #expect(add("é", to: &table) == 2)
        #expect(add("e\u{301}", to: &table) == 3, "another spelling is another text")
        #expect(number(of: "", in: table) == 1)
        #expect(number(of: "b", in: table) == nil)
        #expect(table.count == 4)
        #expect(table.textCount == 1 + 0 + 2 + 3)
        #expect((0..<4).map { table.string($0) } == ["a", "", "é", "e\u{301}"])
        table.removeAll()
        #expect(table.count == 0)
        #expect(number(of: "a", in: table) == nil)
    }

    @Test func textsOfAllLengthsAreFoundAgain() {
        var table = ByteTable()
        let texts = (0..<20_000).map { String(repeating: "/", count: $0 % 41) + String($0) }
        for (index, text) in texts.enumerated() { #expect(add(text, to: &table) == index) }
        for (index, text) in texts.enumerated() {
            #expect(number(of: text, in: table) == index)
            #expect(number(of: text + "/", in: table) == nil)
        }
        #expect(texts.indices.allSatisfy { table.string($0) == texts[$0] })
    }

    @Test func sourcesKeepTheStampOfTheirFirstComing() {
        let table = SourceTable()
        let first = table.intern("/a")
        let second = table.intern("/b", stamp: SourceStamp(size: 7))
        #expect(table.intern("/b", stamp: SourceStamp(size: 8)) == second)
        #expect(table.intern("/a", stamp: SourceStamp(size: 9)) == first)
        #expect(table[first] == SourceTable.Source(url: "/a"))
        #expect(table.sources.map(\.stamp.size) == [nil, 7])
        table.setStamp(SourceStamp(eTag: "x"), of: first)
        #expect(table.sources.map(\.stamp.eTag) == ["x", nil])
        _ = table.intern("/c")
        var urls: [String] = []
        table.forEachSource(from: 1) { urls.append($0.url) }
        #expect(urls == ["/b", "/c"])
    }
}
