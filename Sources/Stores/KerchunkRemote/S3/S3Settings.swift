// SPDX-License-Identifier: Apache-2.0
// What users say about S3: options as s3fs spells them, the environment, profiles.
// Spec: s3fs, "S3FileSystem"; AWS SDKs and Tools Reference Guide, "Settings reference".

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// How S3 is reached.
struct S3Settings: Sendable {
    enum Addressing: String, Sendable {
        /// By host where that is possible, and always by path at endpoints of one's own.
        case auto
        case path, virtual
    }

    /// Of a service other than AWS's; without a slash at its end.
    let endpoint: String?
    /// Nil where nobody has said one.
    let region: String?
    let addressing: Addressing
    let usesTLS: Bool
    let paysForRequests: Bool
    /// Whether requests may go without credentials where there are none.
    let mayBeAnonymous: Bool
    let verifiesPeer: Bool?
    let credentials: AWSCredentialSource

    static let optionNames = [
        "anon", "key", "secret", "token", "endpoint_url", "profile", "requester_pays", "use_ssl",
        "client_kwargs",
        "config_kwargs", "region_name", "region", "addressing_style",
    ]

    init(_ options: StorageOptions) throws(KerchunkError) {
        let client = try options.object(
            "client_kwargs", known: ["endpoint_url", "region_name", "use_ssl", "verify"])
        let configuration = try options.object(
            "config_kwargs", known: ["s3", "region_name", "signature_version"])
        let profile = try AWSProfile(options.text("profile"))

        let clientEndpoint = try client.text("endpoint_url", of: "client_kwargs")
        let clientRegion = try client.text("region_name", of: "client_kwargs")
        let clientTLS = try client.flag("use_ssl", of: "client_kwargs")
        let configuredRegion = try configuration.text("region_name", of: "config_kwargs")

        let ignores = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() == "true"
        let configured =
            ignores
            ? nil
            : environment("AWS_ENDPOINT_URL_S3") ?? environment("AWS_ENDPOINT_URL")
                ?? profile.services["s3.endpoint_url"] ?? profile.configuration["endpoint_url"]
        let endpoint = options.text("endpoint_url") ?? clientEndpoint ?? configured
        self.endpoint = try endpoint.map { (text) throws(KerchunkError) in
            try checkedEndpoint(text, from: "the endpoint of S3 (endpoint_url, AWS_ENDPOINT_URL)")
        }
        region =
            options.text("region_name", "region") ?? clientRegion ?? configuredRegion
            ?? environment("AWS_REGION") ?? environment("AWS_DEFAULT_REGION")
            ?? profile.configuration["region"]
        if let region, !Self.isRegion(region) {
            throw KerchunkError(.usage, "\"\(region)\" is not a valid region, such as eu-central-1")
        }
        let nested = configuration["s3"]?.object ?? JSONObject()
        guard configuration["s3"]?.object != nil || configuration["s3"] == nil else {
            throw KerchunkError(
                .usage, "\"s3\" of the storage option \"config_kwargs\" must be a JSON object")
        }
        for name in nested.names where name != "addressing_style" {
            throw KerchunkError(
                .unsupported,
                "the storage option \"config_kwargs\" has s3.\(name), which is not supported; supported is "
                    + "s3.addressing_style")
        }
        let nestedStyle = try nested.text("addressing_style", of: "config_kwargs")
        let style =
            options.text("addressing_style") ?? nestedStyle
            ?? profile.configuration["s3.addressing_style"] ?? "auto"
        guard let addressing = Addressing(rawValue: style) else {
            throw KerchunkError(
                .usage, "the addressing style must be auto, path or virtual, not \"\(style)\"")
        }
        self.addressing = addressing
        usesTLS = try options.flag("use_ssl") ?? clientTLS ?? true
        paysForRequests = try options.flag("requester_pays") ?? false
        verifiesPeer = try client.flag("verify", of: "client_kwargs")
        let signature = try configuration.text("signature_version", of: "config_kwargs")
        let version = signature?.lowercased() ?? "s3v4"
        guard ["s3v4", "unsigned"].contains(version) else {
            throw KerchunkError(
                .unsupported, "signatures of version \"\(version)\" are not supported; \"s3v4\" is")
        }
        mayBeAnonymous = try options.flag("anon") != false
        credentials = version == "unsigned" ? .anonymous : try AWSCredentialSource(options, profile)
    }

    /// Whether `text` can stand in a host's name and in a signature.
    static func isRegion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 40
            && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
    }

    /// URL of a bucket in `region`, without a slash at its end.
    func url(of bucket: String, region: String) throws(KerchunkError) -> String {
        guard !bucket.contains(":") else {
            throw KerchunkError(
                .unsupported,
                "ARNs of access points are not supported; give the bucket, or the alias of the access point"
            )
        }
        guard endpoint != nil || !bucket.hasSuffix("--x-s3") else {
            throw KerchunkError(
                .unsupported,
                "directory buckets (S3 Express) are not supported; fetch the file with fsspec in Python")
        }
        guard bucket.utf8.allSatisfy({ $0.isLetterOrDigit || "-._".utf8.contains($0) }) else {
            throw KerchunkError(.usage, "\"\(bucket)\" is not a valid name of a bucket")
        }
        let home: String
        if let endpoint {
            home = endpoint
        } else {
            let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
            home = "\(usesTLS ? "https" : "http")://s3.\(region).\(domain)"
        }
        // A dot in a host's name breaks the certificate.
        let isHost = bucket.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
        let byPath =
            switch addressing {
            case .path: true
            case .virtual: false
            case .auto: endpoint != nil || !isHost
            }
        guard !byPath, let mark = home.firstRange(ofASCII: "://") else { return home + "/" + bucket }
        return home[..<mark.upperBound] + bucket + "." + home[mark.upperBound...]
    }
}
