// SPDX-License-Identifier: Apache-2.0
// Names of files inside archives.

import KerchunkModel
import KerchunkStorage
import Testing

@Suite struct ChainTests {
    @Test func theInnermostMemberComesFirst() throws {
        let chain = try #require(try LocationChain("zip://d/a.nc::tar://b.zip::/x.tar"))
        #expect(chain.outer == "/x.tar")
        #expect(chain.steps == [.init(.tar, "b.zip"), .init(.zip, "d/a.nc")])
        #expect(chain.text == "zip://d/a.nc::tar://b.zip::/x.tar")
        #expect(chain.container?.text == "tar://b.zip::/x.tar")
    }

    @Test func theOuterFileIsAPathOrURL() throws {
        for outer in ["file:///a/b.tar", "file://b.tar", "b.tar", "s3://b/x.tar", "http://[::1]:80/x.tar"] {
            #expect(try LocationChain("tar://m::" + outer)?.outer == outer)
        }
    }

    @Test func cachesArePassedOver() throws {
        for text in [
            "simplecache::zip://m::s3://b/x", "zip://m::filecache::s3://b/x",
            "zip://m::blockcache://::s3://b/x",
        ] {
            #expect(try LocationChain(text)?.text == "zip://m::s3://b/x")
        }
        let plain = try #require(try LocationChain("simplecache::s3://b/x"))
        #expect(plain.outer == "s3://b/x" && plain.steps.isEmpty && plain.container == nil)
    }

    @Test func pathsAndURLsAreNoChains() throws {
        for text in [
            "/a/b.nc", "a.nc", "s3://b/x::y", "http://[::1]/x", "/odd/a::b.nc", "./a::b.nc", "A::b",
            "file://a::b",
            "::", "",
        ] {
            #expect(try LocationChain(text) == nil, "\(text)")
        }
        #expect(LocationChain.outerFile(of: "/a") == "/a")
        #expect(LocationChain.outerFile(of: "tar://m::/a") == "/a")
    }

    @Test func unknownPartsAreRefused() throws {
        for text in ["libarchive://m::/a", "reference::/a.json", "tar://m::dask::/a", "gzip://x::/a.gz"] {
            let error = try #require(throws: KerchunkError.self) { try LocationChain(text) }
            #expect(error.kind == .usage && error.message.contains("unknown part"))
        }
        for text in ["tar://a.nc", "zip://a::tar://b", "tar://a::"] {
            let error = try #require(throws: KerchunkError.self) { try LocationChain(text) }
            #expect(error.message.contains("where the archive is"))
        }
    }

    @Test(arguments: [
        ("*.nc", "a.nc", true), ("*.nc", "d/a.nc", false), ("d/*.nc", "d/a.nc", true),
        ("**/*.nc", "a.nc", true),
        ("**/*.nc", "d/e/a.nc", true), ("d/**", "d/e/a.nc", true), ("./*.nc", "a.nc", true),
        ("*", "../a", false),
        ("a[12].nc", "a2.nc", true), ("?.nc", "ab.nc", false), ("**", "", true), ("", "a", false),
        ("**/x/**/x", "x/x", true), ("**/x/**/x", "x", false),
    ])
    func patternsKeepToComponents(_ pattern: String, _ path: String, _ isMatch: Bool) {
        #expect(PathPattern(pattern).matches(path) == isMatch)
    }
}
