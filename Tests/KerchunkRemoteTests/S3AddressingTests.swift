// SPDX-License-Identifier: Apache-2.0
// Where requests to S3 go, and where answers send them.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import Testing

@testable import KerchunkRemote

@Suite struct S3AddressingTests {
    /// Settings that nothing of this machine's environment comes into.
    private static func settings(_ options: [String: String]) throws -> S3Settings {
        try S3Settings(StorageOptions(["anon": "true", "region": "eu-central-1"].merging(options) { $1 }))
    }

    @Test(
        .enabled(
            if: Platform.environment("AWS_ENDPOINT_URL") == nil && Platform.environment("AWS_PROFILE") == nil),
        arguments: [
            ([:], "data", "https://data.s3.eu-central-1.amazonaws.com"),
            ([:], "my.data", "https://s3.eu-central-1.amazonaws.com/my.data"),
            ([:], "Old_Name", "https://s3.eu-central-1.amazonaws.com/Old_Name"),
            (["use_ssl": "false"], "data", "http://data.s3.eu-central-1.amazonaws.com"),
            (["addressing_style": "path"], "data", "https://s3.eu-central-1.amazonaws.com/data"),
            (["region": "cn-north-1"], "data", "https://data.s3.cn-north-1.amazonaws.com.cn"),
            (["endpoint_url": "http://localhost:9000/"], "data", "http://localhost:9000/data"),
            (["endpoint_url": "http://localhost:9000/s3/"], "my.data", "http://localhost:9000/s3/my.data"),
            (
                ["endpoint_url": "https://minio.example", "addressing_style": "virtual"], "data",
                "https://data.minio.example"
            ),
            (
                ["config_kwargs": #"{"s3": {"addressing_style": "path"}}"#], "data",
                "https://s3.eu-central-1.amazonaws.com/data"
            ),
            (
                ["client_kwargs": #"{"region_name": "eu-west-1"}"#, "region": ""], "data",
                "https://data.s3.eu-west-1.amazonaws.com"
            ),
        ])
    func urlsOfBuckets(_ options: [String: String], _ bucket: String, _ url: String) throws {
        let settings = try Self.settings(options)
        #expect(try settings.url(of: bucket, region: settings.region ?? "") == url)
    }

    @Test(arguments: ["arn:aws:s3:us-east-1:1:accesspoint/x", "fast--use1-az4--x-s3", "a b", "a@b", ""])
    func namesThatAreRefused(_ bucket: String) throws {
        let settings = try Self.settings([:])
        if bucket.isEmpty {
            #expect(throws: KerchunkError.self) { try ObjectAddress("s3://\(bucket)/x") }
        } else {
            #expect(throws: KerchunkError.self) { try settings.url(of: bucket, region: "eu-central-1") }
        }
    }

    private func session(_ options: [String: String] = [:]) throws -> S3Session {
        let values = ["key": "k", "secret": "s", "region": "us-east-1"].merging(options) { $1 }
        return try S3Session(StorageAccess(StorageOptions(values)))
    }

    private func response(
        _ status: Int, _ head: String = "", body: String = "", redirect: String? = nil, url: String
    ) -> HTTPResponse {
        HTTPResponse(
            status: status, head: "HTTP/1.1 \(status) X\r\n" + head, body: Bytes(body), redirect: redirect,
            url: url)
    }

    @Test(arguments: [
        (301, "x-amz-bucket-region: ap-south-1\r\n", "", nil as String?),
        (400, "x-amz-bucket-region: ap-south-1\r\n", "", nil),
        (403, "x-amz-bucket-region: ap-south-1\r\n", "", nil),
        (400, "", "<Error><Code>AuthorizationHeaderMalformed</Code><Region>ap-south-1</Region></Error>", nil),
        (307, "", "", "https://data.s3.ap-south-1.amazonaws.com/key"),
        (307, "", "", "https://data.s3-ap-south-1.amazonaws.com/key"),
    ])
    func anAnswerNamesTheRegion(_ status: Int, _ head: String, _ body: String, _ redirect: String?) throws {
        let session = try session()
        let bucket = try session.bucket("data", StorageAccess())
        let signer = S3Signer(session, "data", bucket.url)
        var request = bucket.request("GET", "a key", name: "s3://data/a key")
        let answer = response(status, head, body: body, redirect: redirect, url: request.url)
        guard case .again(let next) = signer.judge(answer, to: request) else {
            Issue.record("the request is not made again")
            return
        }
        #expect(next.url == request.url)
        try signer.sign(&request)
        #expect(request.url == "https://data.s3.ap-south-1.amazonaws.com/a%20key")
        let authorization = request.headers.first { $0.name == "Authorization" }?.value ?? ""
        #expect(authorization.contains("/ap-south-1/s3/aws4_request"))
        // What is known is not learned again, so that no server leads round in circles.
        if case .again = signer.judge(answer, to: request) { Issue.record("the request is made for ever") }
    }

    @Test(arguments: ["evil.example/", "x y", "a.b", String(repeating: "a", count: 60), ""])
    func regionsThatAreNone(_ region: String) throws {
        let session = try session()
        let bucket = try session.bucket("data", StorageAccess())
        let signer = S3Signer(session, "data", bucket.url)
        let request = bucket.request("GET", "key", name: "s3://data/key")
        let answer = response(301, "x-amz-bucket-region: \(region)\r\n", url: request.url)
        guard case .failed = signer.judge(answer, to: request) else {
            Issue.record("a region \"\(region)\" is believed")
            return
        }
    }

    @Test func aRedirectElsewhereIsNoRegion() throws {
        let session = try session(["endpoint_url": "https://minio.example"])
        let bucket = try session.bucket("data", StorageAccess())
        let signer = S3Signer(session, "data", bucket.url)
        let request = bucket.request("GET", "key", name: "s3://data/key")
        let answer = response(307, redirect: "https://data.s3.ap-south-1.amazonaws.com/key", url: request.url)
        guard case .taken = signer.judge(answer, to: request) else {
            Issue.record("the redirect is taken for a region")
            return
        }
    }

    @Test func compressedObjectsOfGoogleAreRefused() throws {
        let signer = GCSSigner(settings: try GCSSettings(StorageOptions(["anon": "true"])))
        let request = HTTPRequest("GET", "https://storage.googleapis.com/b/x")
        for (coding, isRefused) in [("gzip", true), ("identity", false)] {
            let answer = response(200, "x-goog-stored-content-encoding: \(coding)\r\n", url: request.url)
            if case .failed(let error) = signer.judge(answer, to: request) {
                #expect(isRefused && error.kind == .unsupported && !error.isTransient)
            } else {
                #expect(!isRefused)
            }
        }
    }

    @Test func partsGrowSoThatTenThousandAreEnough() {
        let sizes = (0..<10_000).map { PartedUpload.size(ofPart: $0, first: 8 << 20) }
        #expect(
            sizes[0] == 8 << 20 && sizes[1999] == 8 << 20 && sizes[2000] == 16 << 20
                && sizes[9999] == 128 << 20)
        #expect(sizes.reduce(0, +) == 496_000 << 20)
    }
}
