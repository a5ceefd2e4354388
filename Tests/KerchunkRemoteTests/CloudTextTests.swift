// SPDX-License-Identifier: Apache-2.0
// Documents, times, addresses and profiles of cloud services: what needs no network.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkRemote

@Suite struct CloudTextTests {
    private static let listing = """
        <?xml version="1.0" encoding="UTF-8"?>
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>false</IsTruncated>
        <Contents><Key>a &amp; b&#233;</Key><Size>12</Size></Contents><Contents><Key>c</Key><Size>0</Size></Contents>
        <x:Other xmlns:x="y" Encoded="true"><![CDATA[<d>]]></x:Other></ListBucketResult>
        """

    @Test func documentsBecomeTrees() throws {
        let root = try XMLElement(parsing: Bytes(Self.listing))
        #expect(root.name == "ListBucketResult")
        #expect(root["IsTruncated"]?.text == "false")
        #expect(root.all("Contents").map { $0["Key"]?.text } == ["a & bé", "c"])
        #expect(root["x:Other"]?.text == "<d>")
        #expect(root["x:Other"]?.attributes["Encoded"] == "true")
        #expect(root["Absent"] == nil)
    }

    @Test func documentsThatAreCutOffThrow() throws {
        let bytes = Array(Self.listing.utf8)
        for count in 0..<bytes.count {
            #expect(throws: KerchunkError.self) { try XMLElement(parsing: Bytes(bytes[..<count])) }
        }
    }

    @Test(arguments: [
        "", "text", "<a></b>", "<a>\u{0}</a>", "<a/><b/>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        String(repeating: "<a>", count: 100_000), "<a>&unknown;</a>",
        String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40),
    ])
    func documentsThatAreNoneThrow(_ text: String) {
        #expect(throws: KerchunkError.self) { try XMLElement(parsing: Bytes(text)) }
    }

    @Test(arguments: [
        (0, "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "20000228T235959Z", "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "20000229T000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_369_353_600, "20130524T000000Z", "Fri, 24 May 2013 00:00:00 GMT"),
        (4_107_542_399, "21000228T235959Z", "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "21000301T000000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func times(_ seconds: Int64, _ compact: String, _ text: String) {
        #expect(UTCTime(seconds).compact == compact)
        #expect(UTCTime(seconds).httpText == text)
        #expect(httpDate(text) == seconds)
    }

    @Test func timesOfDocuments() {
        #expect(isoTime("2013-05-24T00:00:00Z") == 1_369_353_600)
        #expect(isoTime("2013-05-24T02:30:00.123+02:30") == 1_369_353_600)
        #expect(isoTime("2013-05-23T20:00:00-0400") == 1_369_353_600)
        for text in ["", "2013-05-24", "2013-13-24T00:00:00Z", "soon", "2013-05-24T00:00:00+1"] {
            #expect(isoTime(text) == nil, "\(text)")
        }
    }

    /// Example of the specification: FIPS 180-4 and RFC 4231, test case 2.
    @Test func hashes() {
        #expect(
            Bytes(SHA256.hash("abc")).hexadecimal
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Bytes(SHA256.authenticationCode("what do ya want for nothing?", key: Array("Jefe".utf8)))
                .hexadecimal
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        // Test case 6: a key longer than a block.
        #expect(
            Bytes(
                SHA256.authenticationCode(
                    "Test Using Larger Than Block-Size Key - Hash Key First",
                    key: Array(repeating: 0xAA, count: 131))
            ).hexadecimal == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test func addresses() throws {
        let plain = try ObjectAddress("s3://bucket/a//b c?d#e")
        #expect(plain.bucket == "bucket" && plain.key == "a//b c?d#e" && plain.version == nil)
        let version = try ObjectAddress("s3a://bucket/key?versionId=x+y")
        #expect(version.key == "key" && version.version == "x+y" && version.prefix == "s3a://bucket/")
        // A combining character behind a slash is no other slash.
        #expect(try ObjectAddress("s3://b/\u{301}x").key == "\u{301}x")
        #expect(try ObjectAddress("s3://b").key == "")
        #expect(throws: KerchunkError.self) { try ObjectAddress("s3:///key") }
        #expect(throws: KerchunkError.self) { try ObjectAddress("s3://b/folder/").objectKey() }
    }

    @Test func profiles() {
        let sections = AWSProfile.sections(
            of: """
                # a comment
                stray = 1
                [default]
                Region=us-west-2
                s3 =
                    addressing_style = path
                    ; another
                	endpoint_url = http://x=y
                output = json

                [ profile  my profile ]
                key = a=b
                """)
        #expect(
            sections == [
                "default": [
                    "region": "us-west-2", "s3": "", "s3.addressing_style": "path",
                    "s3.endpoint_url": "http://x=y", "output": "json",
                ],
                "profile my profile": ["key": "a=b"],
            ])
    }
}
