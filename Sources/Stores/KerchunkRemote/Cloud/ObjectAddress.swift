// SPDX-License-Identifier: Apache-2.0
// Where an object lies, as URLs of object stores say it.

import KerchunkModel

/// `scheme://bucket/key`. The key is what stands there, with no decoding, as fsspec reads such URLs.
struct ObjectAddress: Hashable, Sendable {
    /// As it was given.
    let scheme: String
    let bucket: String
    /// Empty for the bucket itself.
    let key: String
    /// A version of the object, where `?versionId=` names one.
    let version: String?

    init(_ url: String) throws(KerchunkError) {
        guard let mark = url.firstRange(ofASCII: "://") else {
            throw KerchunkError(.usage, "not a URL", url: url)
        }
        scheme = String(url[..<mark.lowerBound])
        let bytes = url[mark.upperBound...].utf8
        let bucket = bytes.prefix { $0 != UInt8(ascii: "/") }
        let rest = String(bytes.dropFirst(bucket.count + 1)) ?? ""
        self.bucket = String(bucket) ?? ""
        guard !self.bucket.isEmpty else {
            throw KerchunkError(
                .usage, "the URL has no bucket: write \(scheme)://bucket/key", url: url)
        }
        if let mark = rest.firstRange(ofASCII: "?versionId=") {
            key = String(rest[..<mark.lowerBound])
            version = String(rest[mark.upperBound...])
        } else {
            key = rest
            version = nil
        }
    }

    /// What URLs of the bucket's objects start with.
    var prefix: String { scheme + "://" + bucket + "/" }

    /// The key, of an address that must have one.
    func objectKey() throws(KerchunkError) -> String {
        guard !key.isEmpty, !key.hasSuffix("/") else {
            throw KerchunkError(
                .usage, "the URL has no object: write \(scheme)://bucket/key", url: prefix + key)
        }
        return key
    }
}
