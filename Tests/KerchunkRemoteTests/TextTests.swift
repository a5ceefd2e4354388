// SPDX-License-Identifier: Apache-2.0
// URLs, dates, ranges and waits: what needs no network.

import KerchunkModel
import KerchunkStorage
import Testing

@testable import KerchunkRemote

@Suite struct TextTests {
    @Test func datesOfHeaders() {
        #expect(httpDate("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(httpDate("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(httpDate("Thu, 29 Feb 2024 23:59:59 GMT") == 1_709_251_199)
        #expect(httpDate("yesterday") == nil)
        #expect(httpDate("Sun, 06 Nov 99999 08:49:37 GMT") == nil)
        #expect(retryDelay("7", now: 0) == 7)
        #expect(retryDelay("Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_770) == 7)
        #expect(retryDelay("Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_780) == 0)
    }

    @Test func rangesOfHeaders() {
        let range = ContentRange("bytes 5-9/20")
        #expect(range?.first == 5 && range?.last == 9 && range?.size == 20)
        #expect(ContentRange("bytes 5-9/*")?.size == nil)
        #expect(ContentRange("bytes */0")?.size == 0)
        #expect(ContentRange("bytes */0")?.first == nil)
        for text in ["", "bytes", "bytes 9-5/20", "items 1-2/3", "bytes 1-2", "bytes -/3", "bytes 1-2/3/4"] {
            #expect(ContentRange(text) == nil, "\(text)")
        }
    }

    @Test func waitsGrowAndAreBounded() {
        let policy = RetryPolicy()
        #expect(policy.delay(before: 2, asked: nil, random: 0) == 100)
        #expect(policy.delay(before: 2, asked: nil, random: 0.999) == 199)
        #expect(policy.delay(before: 4, asked: nil, random: 0) == 400)
        #expect(policy.delay(before: 99, asked: nil, random: 0) == 10_000)
        #expect(policy.delay(before: 2, asked: 3, random: 0) == 3025)
        #expect(policy.delay(before: 2, asked: 121, random: 0) == nil)
    }

    @Test func theBudgetOfTriesRunsOutAndFillsUp() {
        let budget = RetryBudget(size: 2)
        #expect(budget.take() && budget.take() && !budget.take())
        for _ in 0..<10 { budget.refill() }
        #expect(budget.take() && !budget.take())
    }

    @Test func partsOfURLs() throws {
        let plain = try URLText("https://host/a b/ü?x=1#part")
        #expect(plain.request == "https://host/a%20b/%C3%BC?x=1")
        #expect(plain.reference == "https://host/a b/ü?x=1#part")
        #expect(plain.credentials == nil)
        let own = try URLText("HTTP://me:a%3Ab@host:80/x%20y")
        #expect(own.request == "http://host:80/x%20y")
        #expect(own.credentials == "me:a:b")
        #expect(throws: KerchunkError.self) { try URLText("https:///x") }
        #expect(URLText.origin("https://Host:443/x") == URLText.origin("https://host/y?z"))
        #expect(URLText.origin("http://[::1]:80/x") == URLText.origin("http://[::1]/y"))
        #expect(URLText.origin("http://host/x") != URLText.origin("https://host/x"))
        #expect(URLText.origin("http://host:8080/x") != URLText.origin("http://host/x"))
    }

    @Test func whatIsShownOfURLs() {
        #expect(shownURL("https://me:secret@host/a?token=1#x") == "https://host/a")
        #expect(shownURL("tar://m.nc::https://u@host/a.tar?sig=1") == "tar://m.nc::https://host/a.tar")
        #expect(shownURL("data/what?.nc") == "data/what?.nc")
        #expect(shownURL("file:///a/b?c") == "file:///a/b?c")
        #expect(shownURL("s3://bucket/what?.nc") == "s3://bucket/what?.nc")
        #expect(shownURL("s3://key:secret@bucket/a?X-Amz-Signature=1") == "s3://bucket/a")
        #expect(
            shownURL("abfs://box@account.dfs.core.windows.net/a")
                == "abfs://box@account.dfs.core.windows.net/a")
    }

    @Test func whatIsShownOfSentences() {
        let url = "simplecache::http://u:p@h/a.nc?token=1"
        #expect(
            withoutSecrets("cannot join \"\(url)\", (\(url)); \(url).")
                == "cannot join \"simplecache::http://h/a.nc\", (simplecache::http://h/a.nc); simplecache::http://h/a.nc."
        )
        #expect(withoutSecrets("://x?y a://") == "://x a://")
        #expect(
            shownText("a\n  b\nc\u{1B}[0m\u{202E}\u{9B}\u{200D}") == "a\n  b\\nc\\x1b[0m\\u202e\\x9b\u{200D}")
        #expect(withoutControls("a\nb\tc\u{E0001}", keepsLines: true) == "a\nb\\tc\\U000e0001")
        #expect(terminalJSON("{\n\"\u{9B}\u{E0001}é\"}") == "{\n\"\\u009b\\udb40\\udc01é\"}")
    }

    @Test func pathsAndURLs() {
        #expect(Location("http://[::1]:80/x") == .remote(scheme: "http", text: "http://[::1]:80/x"))
        #expect(Location("S3://b/x") == .remote(scheme: "s3", text: "S3://b/x"))
        #expect(Location("a::b.nc") == .local(path: "a::b.nc"))
        #expect(Location("FILE:///x") == .local(path: "/x"))
        #expect(Location("a/b://c") == .local(path: "a/b://c"))
        #expect(Location.isRemote("tar://a::s3://b/c"))
        #expect(!Location.isRemote("tar://a::b.tar"))
        #expect(Location.isRemote("http://[::1]:80/x"))
    }

    @Test(arguments: [
        ("timeout", "0"), ("timeout", "soon"), ("retries", "-1"), ("verify", "perhaps"), ("headers", "X: y"),
        ("headers", "{\"a b\": \"c\"}"), ("headers", "{\"a\": \"c\\nd\"}"),
    ])
    func optionsAreChecked(_ name: String, _ value: String) {
        let error = #expect(throws: KerchunkError.self) {
            try HTTPStore(StorageAccess(StorageOptions([name: value])))
        }
        #expect(error?.kind == .usage)
    }
}
