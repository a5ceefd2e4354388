// SPDX-License-Identifier: Apache-2.0
// Where redirects may lead, which logins go where, and what of a request must not be seen.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkRemote

@Suite struct TrustTests {
    @Test(arguments: [
        "169.254.169.254", "169.254.0.1", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.16689662",
        "fe80::1", "fe80::1%eth0", "febf::1", "::ffff:169.254.169.254", "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1", "fd00:ec2::254", "metadata.google.internal",
    ])
    func addressesOfTheLink(_ host: String) { #expect(RedirectRules.isLinkLocal(host)) }

    @Test(arguments: [
        "169.253.169.254", "127.0.0.1", "::1", "fec0::1", "10.0.0.1", "data.org", "169.254.org",
        "2001:db8::1", "",
    ])
    func addressesBeyondTheLink(_ host: String) { #expect(!RedirectRules.isLinkLocal(host)) }

    @Test(arguments: [
        ("https://user@HOST.org.:443/a", "host.org"), ("http://[FE80::1%25eth0]:80/", "fe80::1%eth0"),
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("http://meta%64ata.google.internal/", "metadata.google.internal"),
    ])
    func hostsOfURLs(_ url: String, _ host: String) { #expect(URLText.host(url) == host) }

    @Test(
        arguments: [
            ("http://a/", "http://169.254.169.254/x", false, "link-local"),
            ("https://a/", "http://[fe80::1]/", false, "link-local"),
            ("http://a/", "file:///etc/passwd", false, "not a web address"),
            ("http://a/", "ftp://a/", false, "not a web address"),
            ("https://a/", "http://b/", true, "from https to http"),
            ("https://a/", "http://a/?sig=1", false, "from https to http"),
            ("https://a/", "http://a/b", false, nil), ("http://a/", "https://b/?sig=1", true, nil),
            ("http://a/", "http://b/", true, nil), ("http://169.254.1.1/", "http://169.254.1.1/b", true, nil),
        ] as [(String, String, Bool, String?)])
    func redirects(_ start: String, _ target: String, _ carries: Bool, _ words: String?) {
        let refusal = RedirectRules.refusal(from: start, to: target, carriesCredentials: carries)
        #expect(refusal.map { $0.message.contains(words ?? "\0") } ?? (words == nil))
    }

    @Test func machinesOfNetrc() {
        let text = """
            # machine comment.org
            machine Data.org login me password "a machine b"
            machine\ttwo.org
              login machine password machine
            macdef init
            machine macro.org

            default login any password one
            """
        #expect(Netrc.machines(in: text) == ["data.org", "two.org", "*"])
        #expect(Netrc.machines(in: "machine") == [])
    }

    @Test func wordsOfServersHoldNoSecrets() {
        let request = HTTPRequest(
            "GET", "https://host/a?sig=abc%2Fdef&prefix=data",
            headers: [HTTPHeader("Authorization", "Basic bWU6c2VjcmV0"), HTTPHeader("X-Key", "own key")])
        let said =
            "<Message>no abc/def, abc%2Fdef, sig=abc%2Fdef&prefix=data, bWU6c2VjcmV0, secret, own key; https://u:p@h/?q"
            + " data me</Message>"
        let response = HTTPResponse(
            status: 403, head: "HTTP/1.1 403 X", body: Bytes(said), url: request.url, secrets: request.secrets
        )
        #expect(
            response.failure.description
                == "the server answered 403 Forbidden: \"no ***, ***, ***, ***, ***, ***; https://h/ data me\"\n  in https://host/a"
        )
    }

    @Test func aConnectionToTheLinkIsRefusedWhereARedirectLeadsThere() throws {
        let server = try FaultServer()
        for target in ["http://169.254.0.7/x", "http://2852039166/", "file:///etc/passwd"] {
            let error = Reading(server, ["timeout": "2", "retries": "1"]).failure("redirect=\(target)")
            #expect(error?.kind == .permission && error?.isTransient == false)
            #expect(error?.url == server.url("/made/10000000"))
        }
    }

    /// What a name leads to is seen when it is connected to.
    @Test func aNameThatLeadsToTheLinkIsRefused() throws {
        var access = StorageAccess(StorageOptions(["timeout": "2", "retries": "0"]))
        access.isNamedByReferences = true
        let error = #expect(throws: KerchunkError.self) {
            try HTTPStore(access).open("http://169.254.169.254/latest/").size()
        }
        #expect(error?.message.contains("link-local") == true)
    }

    @Test func slowServersAreGivenUp() throws {
        let server = try FaultServer()
        let start = Platform.monotonicTime
        let error = Reading(server, ["timeout": "2", "retries": "0"]).failure("drip=10")
        #expect(error?.message.contains("too slow") == true)
        #expect(Platform.monotonicTime - start < 15_000_000_000)
    }

    @Test func slowButHonestServersAreRead() throws {
        let server = try FaultServer()
        let source = try Reading(server, ["timeout": "2"]).source("/made/30000?drip=6000")
        #expect(try source.read(ByteRange(0..<30_000)) == madeBytes(0..<30_000))
    }
}
