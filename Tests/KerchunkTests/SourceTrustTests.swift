// SPDX-License-Identifier: Apache-2.0
import KerchunkModel
import Testing

@testable import Kerchunk

@Suite struct SourceTrustTests {
    @Test(arguments: [
        "/etc/passwd", "refs.nc", "../a.nc", "file:///etc/passwd", "FILE:///a", "local:///a", "memory://a",
        "git://x",
        "simplecache::/a", "simplecache::file:///a", "tar://m::/a.tar", "zip://m::file:///a.zip",
        "xyz://host/a",
        "file:///a::https://host/a",
        "data/https://host/a", "", "::", "a::b",
    ])
    func whatMayLeadToThisMachineIsLocal(url: String) { #expect(SourceTrust().isLocal(url)) }

    @Test(arguments: [
        "https://host/a", "HTTP://host/a", "s3://bucket/a", "gs://b/a", "abfss://c@acc/a",
        "simplecache::https://host/a",
        "tar://m::s3://b/a.tar", "zip://dir/file:///x::https://host/a.zip",
    ])
    func otherMachinesAreNotLocal(url: String) { #expect(!SourceTrust().isLocal(url)) }

    @Test func bareNamesAreOfTheProtocolThatReadersGiveThem() {
        var trust = SourceTrust()
        trust.bareProtocol = "s3"
        #expect(!trust.isLocal("bucket/a"))
        #expect(trust.isLocal("file:///a"))
        trust.bareProtocol = "file"
        #expect(trust.isLocal("bucket/a"))
    }

    @Test func setsOverANetworkAreForeign() {
        for place in ["https://h/a.json", "s3://b/a.parq", "tar://a.json::https://h/a.tar"] {
            #expect(SourceTrust.isForeign(place))
        }
        for place in ["/a.json", "a.parq", "file:///a.json", "tar://a.json::/a.tar", "memory://a.json"] {
            #expect(!SourceTrust.isForeign(place))
        }
    }
}

@Suite struct SourceProspectsTests {
    @Test(arguments: [
        ("https://h/a?x=1&X-Amz-Signature=s", "a credential in its query (X-Amz-Signature)"),
        ("https://h/a?SIG=s", "a credential in its query (SIG)"), ("http://me:word@h/a", "a password"),
        ("https://h/a?x=1", nil), ("https://h/a?sig", nil), ("s3://b/a?sig=1", nil), ("/a?token=1", nil),
        ("https://h/token=1", nil),
    ])
    func secretsAreFoundByTheirNames(url: String, secret: String?) {
        #expect(SourceProspects.secret(in: url) == secret)
    }
}
