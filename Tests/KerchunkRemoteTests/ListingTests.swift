// SPDX-License-Identifier: Apache-2.0
// Pages of listings as services send them, cut off, and as they once broke a reader; and what joins them.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkRemote

@Suite struct ListingTests {
    private static let package = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast(3).joined(separator: "/")

    private static func bytes(_ path: String) throws -> Bytes {
        let file = try LocalFile(package + "/" + path)
        return try file.read(ByteRange(0..<file.size()))
    }

    private let address: ObjectAddress

    init() throws { address = try ObjectAddress("s3://bucket/") }

    private func bucketPage(_ name: String) throws -> ListingPage {
        try ListingPage(
            ofBucket: XMLElement(parsing: Self.bytes("Fuzzing/Seeds/FuzzListing/\(name).xml")), address)
    }

    private func containerPage(_ name: String) throws -> ListingPage {
        try ListingPage(
            ofContainer: XMLElement(parsing: Self.bytes("Fuzzing/Seeds/FuzzListing/\(name).xml")), address)
    }

    @Test func pagesOfABucket() throws {
        let level = try bucketPage("s3-level")
        #expect(level.objects == [ObjectInfo(key: "s3://bucket/a.nc", size: 5)])
        #expect(level.folders == ["a b/", "deep/", "many/", "é/"].map { "s3://bucket/" + $0 })
        #expect(level.next == nil)
        let all = try bucketPage("s3-all")
        #expect(all.objects.map(\.key) == ["s3://bucket/a b/+=%.nc", "s3://bucket/a.nc"])
        let page = try bucketPage("s3-page")
        #expect(page.objects.count == 4 && page.next?.isEmpty == false)
        #expect(try bucketPage("s3-empty").objects.isEmpty)
    }

    @Test func pagesOfAContainer() throws {
        let level = try containerPage("azure-level")
        #expect(level.objects.map(\.key) == ["s3://bucket/a.nc", "s3://bucket/control\u{1}.nc"])
        #expect(level.folders == ["a b/", "deep/", "many/", "é/"].map { "s3://bucket/" + $0 })
        let page = try containerPage("azure-page")
        #expect(
            page.objects.count == 100 && page.next == page.objects.last.map { String($0.key.dropFirst(12)) })
        #expect(try containerPage("azure-empty").next == nil)
    }

    @Test func otherDocumentsAreNoListings() throws {
        for name in ["s3-upload", "s3-no-key", "azure-page"] {
            #expect(throws: KerchunkError.self) { try bucketPage(name) }
        }
        #expect(throws: KerchunkError.self) { try containerPage("s3-all") }
    }

    @Test func everyPrefixThrows() throws {
        for name in ["s3-level", "azure-level"] {
            let whole = try Self.bytes("Fuzzing/Seeds/FuzzListing/\(name).xml")
            for count in 0..<whole.count {
                #expect(throws: KerchunkError.self) { try XMLElement(parsing: whole[0..<count]) }
            }
        }
    }

    @Test func whatBrokeAReaderOnceIsSurvived() throws {
        let names = try Platform.list(Self.package + "/Fuzzing/FailCases").filter { !$0.hasSuffix(".md") }
        for name in names {
            let bytes = try Self.bytes("Fuzzing/FailCases/" + name)
            let response = HTTPResponse(
                status: 403, head: "HTTP/1.1 403 X", body: bytes, url: "https://host/")
            #expect(response.failure.kind == .permission)
            guard let document = try? XMLElement(parsing: bytes) else { continue }
            _ = try? ListingPage(ofBucket: document, address)
            _ = try? ListingPage(ofContainer: document, address)
        }
    }

    // MARK: Pages one after the other

    private func page(_ names: [String], next: String?) -> ListingPage {
        ListingPage(objects: names.map { ObjectInfo(key: $0, size: 1) }, next: next)
    }

    @Test func pagesAreJoinedAndSorted() throws {
        let listing = try ObjectListing("s3://bucket/") { mark in
            switch mark {
            case nil: page(["b", "é"], next: "1")
            case "1": page([], next: "2")
            default: page(["a"], next: nil)
            }
        }
        #expect(listing.objects.map(\.key) == ["a", "b", "é"])
    }

    @Test func aServerThatDoesNotGoOnIsRefused() {
        #expect(throws: KerchunkError.self) {
            try ObjectListing("s3://bucket/") { _ in page(["a"], next: "same") }
        }
        var count = 0
        let error = #expect(throws: KerchunkError.self) {
            try ObjectListing("s3://bucket/") { _ in
                count += 1
                return page([], next: "\(count)")
            }
        }
        #expect(error?.kind == .network && error?.url == "s3://bucket/")
        #expect(count == 1001)
    }

    @Test func aListingOfEverNewPagesEnds() throws {
        // Each says that it goes on elsewhere, with little to tell, or with what was told before.
        for keys in [{ ["key \($0)"] }, { ["a", "key \($0)"] }, { ["key \($0 % 7)"] }] as [(Int) -> [String]]
        {
            var count = 0
            let error = #expect(throws: KerchunkError.self) {
                try ObjectListing("s3://bucket/") { _ in
                    count += 1
                    return page(keys(count), next: "\(count)")
                }
            }
            #expect(error?.kind == .network && count < 1200)
        }
        // Marks that take turns.
        #expect(throws: KerchunkError.self) {
            try ObjectListing("s3://bucket/") { page([$0 ?? ""], next: $0 == "a" ? "b" : "a") }
        }
        // A long one goes on, also where many pages are short.
        let listing = try ObjectListing("s3://bucket/") { mark in
            let number = Int(mark ?? "0") ?? 0
            let keys = (0..<(number % 2 == 0 ? 20 : 0)).map { "\(number) \($0)" }
            return page(keys, next: number < 1500 ? "\(number + 1)" : nil)
        }
        #expect(listing.objects.count == 751 * 20)
    }

    @Test func wordsOfServersHoldNothingForTerminals() {
        let body = Bytes(
            "<Message>a\u{1B}[31mb\u{9B}c\u{7F}d" + String(repeating: "e\u{301}", count: 300) + "</Message>")
        let error = HTTPResponse(status: 500, head: "HTTP/1.1 500 X", body: body, url: "https://host/")
            .failure
        #expect(error.message.contains("a\\x1b[31mb\\x9bc\\x7fd"))
        #expect(error.message.unicodeScalars.count < 300)
    }

    @Test func signsAreNoDigitsOfEscapes() {
        #expect(URLText.decoded("%41%+1%4g%") == "A%+1%4g%")
    }
}
