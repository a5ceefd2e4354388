// SPDX-License-Identifier: Apache-2.0
// What users say about Google Cloud Storage: options as gcsfs spells them, and the environment.
// Spec: gcsfs, "GCSFileSystem"; Google Cloud, "Environment variables".

import KerchunkModel
import KerchunkStorage

/// How Cloud Storage is reached.
struct GCSSettings: Sendable {
    enum Credentials: Hashable, Sendable {
        /// - Parameter asked: whether that was asked for.
        case anonymous(asked: Bool)
        case bearer(String)
        case keys(AccessKeys)
    }

    /// Without a slash at its end.
    let endpoint: String
    let credentials: Credentials
    /// The project that pays for requests.
    let project: String?

    static let optionNames = ["anon", "token", "key", "secret", "endpoint_url", "requester_pays", "project"]

    init(_ options: StorageOptions) throws(KerchunkError) {
        let emulator = environment("STORAGE_EMULATOR_HOST").map { $0.contains("://") ? $0 : "http://" + $0 }
        endpoint = try checkedEndpoint(
            options.text("endpoint_url") ?? emulator ?? "https://storage.googleapis.com",
            from: "the endpoint of Cloud Storage (endpoint_url, STORAGE_EMULATOR_HOST)")
        credentials = try Self.credentials(options)
        switch options.text("requester_pays")?.lowercased() {
        case nil, "false"?, "0"?, "no"?, "off"?: project = nil
        case "true"?, "1"?, "yes"?, "on"?:
            guard let name = options.text("project") ?? environment("GOOGLE_CLOUD_PROJECT") else {
                throw KerchunkError(
                    .usage,
                    "a project must pay for requests to Cloud Storage: give --storage-option project=…"
                )
            }
            project = name
        default: project = options.text("requester_pays")
        }
    }

    private static func credentials(_ options: StorageOptions) throws(KerchunkError) -> Credentials {
        let token = options.text("token")
        if try options.flag("anon") == true || token == "anon" { return .anonymous(asked: true) }
        switch (options.text("key"), options.text("secret")) {
        case (let id?, let secret?): return .keys(AccessKeys(id: id, secret: secret))
        case (nil, nil): break
        default:
            throw KerchunkError(
                .usage,
                "the storage options \"key\" and \"secret\" must be given together; one of them is missing")
        }
        if let token { return .bearer(try checked(token)) }
        if let token = environment("GOOGLE_OAUTH_ACCESS_TOKEN") ?? environment("CLOUDSDK_AUTH_ACCESS_TOKEN") {
            return .bearer(token)
        }
        if let id = environment("GS_ACCESS_KEY_ID"), let secret = environment("GS_SECRET_ACCESS_KEY") {
            return .keys(AccessKeys(id: id, secret: secret))
        }
        if environment("GOOGLE_APPLICATION_CREDENTIALS") != nil {
            throw refused("credential files (GOOGLE_APPLICATION_CREDENTIALS)")
        }
        return .anonymous(asked: false)
    }

    /// - Throws: kind `unsupported` for what gcsfs takes and is no token.
    private static func checked(_ token: String) throws(KerchunkError) -> String {
        if ["google_default", "cache", "cloud", "browser"].contains(token) {
            throw refused("credentials from token=\(token)")
        }
        if token.hasPrefix("{") || token.hasSuffix(".json") || token.hasPrefix("/") || Platform.exists(token)
        {
            throw refused("credential files (token=FILE)")
        }
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw KerchunkError(
                .usage, "the storage option \"token\" is not a token: it contains invalid characters")
        }
        return token
    }

    private static func refused(_ what: String) -> KerchunkError {
        KerchunkError(
            .unsupported,
            "\(what) are not supported for Cloud Storage; make a token with Google's command: "
                + "--storage-option token=\"$(gcloud auth print-access-token)\"; or --anon uses no credentials"
        )
    }
}
