// SPDX-License-Identifier: Apache-2.0

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkGRIB

@Suite struct WalkTests {
    private func listing(_ bytes: [UInt8]) throws -> FieldListing {
        try FieldListing(MemorySource(Bytes(bytes)))
    }

    private let message = HeaderFixture.message(0).array

    @Test func paddingAndBulletinHeadersArePassedOver() throws {
        let bulletin = Array("\u{1}\r\r\n123\r\r\nHTSA85 ECMF 221200\r\r\n".utf8)
        let padding = [UInt8](repeating: 0, count: 5000)
        let found = try listing(bulletin + message + padding + bulletin + message + padding)
        #expect(found.issues.isEmpty)
        #expect(
            found.fields.map(\.offset) == [
                UInt64(bulletin.count), UInt64(2 * bulletin.count + 5000 + message.count),
            ])
        #expect(found.passedBytes == UInt64(2 * bulletin.count + 10_000))
    }

    @Test func aFileWithoutMessagesHasNone() throws {
        #expect(try listing([]).fields.isEmpty)
        #expect(try listing(Array("GRI".utf8)).fields.isEmpty)
        #expect(try listing([UInt8](repeating: 7, count: 1 << 20)).passedBytes == 1 << 20)
    }

    @Test func textWithTheFourLettersIsNoMessage() throws {
        let found = try listing(Array("a file of GRIB messages: ".utf8) + message)
        #expect(found.issues.isEmpty)
        #expect(found.fields.count == 1)
    }

    @Test(arguments: [UInt8(0), 3]) func otherEditionsAreIssues(edition: UInt8) throws {
        var other = message
        other[7] = edition
        let found = try listing(message + other + message)
        #expect(found.fields.count == 2)
        #expect(found.issues.map(\.offset) == [UInt64(message.count) + 8])
    }

    @Test(arguments: [0, 4, 15, 19, 1 << 40, Int.max]) func impossibleLengthsAreIssues(length: Int) throws {
        var broken = message
        broken.replaceSubrange(8..<16, with: FieldTests.number(length, 8))
        let found = try listing(broken + message)
        #expect(found.fields.map(\.offset) == [UInt64(broken.count)])
        #expect(found.issues.count == 1)
    }

    @Test func aLengthOf64BitsIsAnIssue() throws {
        var broken = message
        broken.replaceSubrange(8..<16, with: [UInt8](repeating: 0xFF, count: 8))
        let found = try listing(broken + message)
        #expect(found.fields.count == 1 && found.issues.count == 1)
    }

    @Test func sectionsThatDoNotFitAreIssues() throws {
        for number: UInt8 in [1, 3, 4, 5, 6, 7] {
            let place = try #require(FieldTests.section(number, of: message))
            for size in [0, 4, 1 << 24, 0xFFFF_FFFF] {
                var broken = message
                broken.replaceSubrange(
                    place.lowerBound..<place.lowerBound + 4, with: FieldTests.number(size, 4))
                let found = try listing(broken + message)
                #expect(found.fields.map(\.offset) == [UInt64(broken.count)], "section \(number) of \(size)")
                #expect(found.issues.count == 1, "section \(number) of \(size)")
            }
        }
    }

    @Test func messagesInsideOfMessagesAreNotFound() throws {
        // a message whose values are another message
        let data = try #require(FieldTests.section(7, of: message))
        var outer = Array(message[..<data.lowerBound])
        outer += FieldTests.number(5 + message.count, 4) + [7] + message + Array("7777".utf8)
        outer.replaceSubrange(8..<16, with: FieldTests.number(outer.count, 8))
        #expect(try listing(outer).fields.map(\.offset) == [0])
    }

    @Test func everyPrefixOfAFileGivesItsWholeMessages() throws {
        let file = HeaderFixture.message(0).array + HeaderFixture.message(HeaderFixture.all.count - 1).array
        let first = message.count
        for length in 0..<file.count {
            let found = try listing(Array(file[..<length]))
            #expect(found.fields.count == (length >= first ? 1 : 0), "\(length) bytes")
        }
    }

    @Test func everyPrefixOfSectionsIsReadOrRefused() throws {
        for index in HeaderFixture.all.indices {
            let bytes = HeaderFixture.message(index).array
            guard bytes[7] == 2, let place = FieldTests.section(4, of: bytes) else { continue }
            let section = Bytes(bytes[place])
            for length in 0..<section.count {
                let result = Result { () throws(ParseError) in
                    try section[0..<length].parse(at: 0, in: "GRIB product definition section") {
                        (cursor) throws(ParseError) in
                        try ProductDefinition(parsing: &cursor, after: CodedKeys())
                    }
                }
                if case .failure(let error) = result { #expect(error.offset <= UInt64(length)) }
            }
        }
    }

    @Test func flippedBitsGiveFieldsOrIssues() throws {
        for seed in UInt64(0)..<30 {
            let source = try BitFlippingSource(MemorySource(HeaderFixture.file), count: 40, seed: seed)
            let found = try FieldListing(source)
            #expect(found.fields.count + found.issues.count > 0, "seed \(seed)")
            for field in found.fields {
                _ = GRIBAttributes().variable(field, field.gridIndex.map { found.grids[$0] })
            }
        }
    }

    @Test func aMillionMarksTakeLinearTime() throws {
        var marks: [UInt8] = []
        for _ in 0..<1_000_000 { marks += [0x47, 0x52, 0x49, 0x42] }
        #expect(try listing(marks).fields.isEmpty)
        // marks that are messages but for their sections: each is refused by its first
        var claims: [UInt8] = []
        for index in 0..<100_000 {
            claims += Array("GRIB".utf8) + [0, 0, 0, 2] + FieldTests.number((100_000 - index) * 16, 8)
        }
        let found = try listing(claims)
        #expect(found.fields.isEmpty)
        #expect(found.issues.count == 1000)
    }

    @Test func sharedTailsOfSectionsAreNotGoneThroughAgainAndAgain() throws {
        // many starts whose first section leads to the same long run of sections, which ends badly
        let starts = 2000
        let run = 20_000
        var file: [UInt8] = []
        let tail = starts * 37
        for index in 0..<starts {
            let start = index * 37
            file += Array("GRIB".utf8) + [0, 0, 0, 2] + FieldTests.number(tail + run * 25 + 4 - start, 8)
            file += FieldTests.number(tail - start - 16, 4) + [1] + [UInt8](repeating: 0, count: 16)
        }
        for _ in 0..<run / 5 {
            for (number, size) in [(UInt8(3), 20), (4, 34), (5, 20), (6, 6), (7, 5)] {
                file += FieldTests.number(size, 4) + [number] + [UInt8](repeating: 255, count: size - 5)
            }
        }
        file += [UInt8](repeating: 0, count: max(0, tail + run * 25 + 4 - file.count))
        let found = try listing(file)
        #expect(found.fields.count == 0)
        #expect(!found.issues.isEmpty)
    }

    @Test func valuesAreNotRead() throws {
        let data = try #require(FieldTests.section(7, of: message))
        var large = Array(message[..<data.lowerBound])
        large += FieldTests.number(5 + 4_000_000, 4) + [7] + [UInt8](repeating: 0, count: 4_000_000)
        large += Array("7777".utf8)
        large.replaceSubrange(8..<16, with: FieldTests.number(large.count, 8))
        let source = CountingSource(MemorySource(Bytes(large + large + message)))
        #expect(try FieldListing(source).fields.count == 3)
        #expect(source.bytes < 40_000)
        #expect(source.batches <= 6)
    }
}

@Suite struct FileWalkTests {
    /// A message of the fixture with `count` bytes of values.
    private func large(_ index: Int, _ count: Int, _ content: [UInt8]? = nil) throws -> [UInt8] {
        let message = HeaderFixture.message(index).array
        let data = try #require(FieldTests.section(7, of: message))
        var bytes = Array(message[..<data.lowerBound]) + FieldTests.number(5 + count, 4) + [7]
        let values = bytes.count
        if let content {
            for _ in 0..<count / content.count { bytes += content }
        }
        bytes += [UInt8](repeating: 0, count: values + count - bytes.count)
        bytes += Array("7777".utf8)
        bytes.replaceSubrange(8..<16, with: FieldTests.number(bytes.count, 8))
        return bytes
    }

    private func compare(_ file: [UInt8]) throws -> (local: FileWalk.Result, remote: FileWalk.Result) {
        let local = try FileWalk(MemorySource(Bytes(file))).run()
        let remote = try FileWalk(MemorySource(Bytes(file), url: "https://example.org/f.grib2")).run()
        #expect(local.fields.records.map(\.offset) == remote.fields.records.map(\.offset))
        #expect(local.fields.records.map(\.step) == remote.fields.records.map(\.step))
        #expect(local.passedBytes == remote.passedBytes)
        #expect(local.fields.issues.map(\.error) == remote.fields.issues.map(\.error))
        for (one, other) in zip(local.fields.records, remote.fields.records) {
            #expect(
                local.fields.products[Int(one.product)].names
                    == remote.fields.products[Int(other.product)].names)
            #expect(one.grid == other.grid)
        }
        return (local, remote)
    }

    @Test func partsOfARemoteFileGiveWhatOneWalkDoes() throws {
        var file: [UInt8] = []
        for index in 0..<60 {
            file += try large(index % 20, 300_000 + 7919 * index)
            if index % 7 == 3 { file += [UInt8](repeating: 0, count: 100) }
            if index % 11 == 5 { file += HeaderFixture.message(index).array[..<100] }
        }
        let (local, remote) = try compare(file)
        #expect(local.fields.records.count == 60)
        #expect(remote.rounds < local.rounds / 2)
    }

    @Test func messagesInValuesDoNotMisleadParts() throws {
        // values that are full of messages, so that walks of parts begin with wrong ones
        let inner = HeaderFixture.message(1).array
        var file: [UInt8] = []
        for index in 0..<3 { file += try large(index, 6 << 20, inner) }
        let (_, remote) = try compare(file)
        #expect(remote.fields.records.count == 3)
    }

    @Test func aMessageLongerThanPartsCoversThem() throws {
        var file = try large(0, 14 << 20)
        file += HeaderFixture.file.array
        let (_, remote) = try compare(file)
        #expect(remote.fields.records.count == 1 + HeaderFixture.all.count)
    }

    @Test func sevenHundredMessagesTakeFewRounds() throws {
        // as an analysis of a global model has
        let source = RepeatedSource(message: Bytes(try large(0, 700_000)), count: 743)
        let found = try FileWalk(source).run()
        #expect(found.fields.records.count == 743)
        #expect(found.rounds <= 24)
    }
}

/// A message again and again, without the memory for it.
private struct RepeatedSource: ByteSource {
    let message: Bytes
    let count: Int

    var placement: Placement? { Placement(url: "https://example.org/gfs.grib2") }
    var stamp: SourceStamp { SourceStamp(size: size()) }
    func size() -> UInt64 { UInt64(message.count * count) }

    func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        return ranges.map { range in
            var bytes: [UInt8] = []
            var place = Int(range.offset)
            while place < Int(range.end) {
                let start = place % message.count
                let end = min(message.count, start + Int(range.end) - place)
                bytes += message[start..<end].array
                place += end - start
            }
            return Bytes(bytes)
        }
    }
}
