// SPDX-License-Identifier: Apache-2.0
// Where access keys come from, in the order in which AWS's own tools look.
// Spec: AWS SDKs and Tools Reference Guide, "Standardized credential providers"; Boto3, "Credentials".

import KerchunkModel
import KerchunkStorage
import Synchronization

/// What gives access keys.
enum AWSCredentialSource: Hashable, Sendable {
    /// Requests are anonymous because that was asked for.
    case anonymous
    /// - Parameter origin: where they were found, in words.
    case fixed(AccessKeys, origin: String)
    /// Endpoints of the machine, which may have none.
    case container(AWSCredentialEndpoint.Container)
    case instance
    /// Nothing is left to look at.
    case nowhere

    /// - Throws: kind `usage` for half a pair of keys; kind `unsupported` where a profile wants what is not there.
    init(_ options: StorageOptions, _ profile: AWSProfile) throws(KerchunkError) {
        if try options.flag("anon") == true {
            self = .anonymous
        } else if let keys = try Self.explicit(options) {
            self = .fixed(keys, origin: "the options \"key\" and \"secret\"")
        } else if options.text("profile") == nil, let keys = try Self.environmental() {
            self = .fixed(keys, origin: "AWS_ACCESS_KEY_ID")
        } else if let keys = try Self.shared(profile) {
            self = .fixed(keys, origin: "the profile \"\(profile.name)\"")
        } else {
            try Self.refuseWebIdentity()
            if let container = try AWSCredentialEndpoint.Container() {
                self = .container(container)
            } else if environment("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
                self = .nowhere
            } else {
                self = .instance
            }
        }
    }

    private static func explicit(_ options: StorageOptions) throws(KerchunkError) -> AccessKeys? {
        switch (options.text("key"), options.text("secret")) {
        case (let id?, let secret?): return AccessKeys(id: id, secret: secret, token: options.text("token"))
        case (nil, nil): return nil
        default:
            throw KerchunkError(
                .usage,
                "the storage options \"key\" and \"secret\" must be given together; one of them is missing")
        }
    }

    private static func environmental() throws(KerchunkError) -> AccessKeys? {
        guard let id = environment("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = environment("AWS_SECRET_ACCESS_KEY") else {
            throw KerchunkError(.usage, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")
        }
        return AccessKeys(id: id, secret: secret, token: environment("AWS_SESSION_TOKEN"))
    }

    private static func shared(_ profile: AWSProfile) throws(KerchunkError) -> AccessKeys? {
        let others = ["sso_session", "sso_start_url", "credential_process", "login_session"]
        let isStatic = profile.credentials["aws_access_key_id"] != nil
        // A role comes before keys of the same profile, which are those that may take it on.
        for name in ["role_arn"] + (isStatic ? [] : others) where profile[name] != nil {
            throw KerchunkError(
                .unsupported,
                "the profile \"\(profile.name)\" gets its credentials from \"\(name)\", which is not supported; get them with the AWS "
                    + "command: eval \"$(aws configure export-credentials --profile \(profile.name) --format env)\""
            )
        }
        for settings in [profile.credentials, profile.configuration] {
            guard let id = settings["aws_access_key_id"] else { continue }
            guard let secret = settings["aws_secret_access_key"] else {
                throw KerchunkError(
                    .usage,
                    "the profile \"\(profile.name)\" has aws_access_key_id but no aws_secret_access_key")
            }
            return AccessKeys(
                id: id, secret: secret, token: settings["aws_session_token"] ?? settings["aws_security_token"]
            )
        }
        return nil
    }

    private static func refuseWebIdentity() throws(KerchunkError) {
        guard environment("AWS_WEB_IDENTITY_TOKEN_FILE") != nil, environment("AWS_ROLE_ARN") != nil else {
            return
        }
        throw KerchunkError(
            .unsupported,
            "credentials from web identity (AWS_WEB_IDENTITY_TOKEN_FILE) are not supported; get them with the AWS command: "
                + "eval \"$(aws configure export-credentials --format env)\"; or --anon uses no credentials"
        )
    }
}

extension AWSCredentialSource {
    /// Whose credentials a request had, in words.
    var origin: String {
        switch self {
        case .anonymous, .nowhere: "nobody"
        case .fixed(_, let origin): origin
        case .container: "the container"
        case .instance: "the instance"
        }
    }
}

/// Access keys of a run, renewed before they run out.
// A class because all requests share them.
final class AWSCredentials: Sendable {
    let source: AWSCredentialSource
    private let endpoint: AWSCredentialEndpoint
    private let state = Mutex<State?>(nil)
    /// Seconds before their end at which keys are renewed.
    private static let margin: Int64 = 600
    /// Seconds between two questions while the keys still serve.
    private static let pause: Int64 = 60

    struct State: Sendable {
        var keys: AccessKeys?
        /// Seconds since 1970; nil for keys without an end.
        var end: Int64?
        /// When the endpoint was asked; seconds since 1970.
        var asked = Platform.wallTime

        /// Whether the keys serve for now.
        func isFresh(at now: Int64) -> Bool {
            guard let end else { return true }
            return end - margin > now || end > now && asked + pause > now
        }
    }

    init(_ source: AWSCredentialSource, _ access: StorageAccess) throws(KerchunkError) {
        self.source = source
        endpoint = try AWSCredentialEndpoint(access)
    }

    /// Nil for anonymous requests.
    func current() throws -> AccessKeys? {
        switch source {
        case .anonymous, .nowhere: return nil
        case .fixed(let keys, _): return keys
        case .container, .instance: break
        }
        // One thread asks, the others wait for it.
        return try state.withLock { state in
            let now = Platform.wallTime
            if let known = state, known.isFresh(at: now) { return known.keys }
            do {
                state = try fetch()
            } catch {
                guard let known = state, let end = known.end, end > now else { throw error }
                state?.asked = now
            }
            return state?.keys
        }
    }

    /// Asks again for keys that the server takes no more.
    /// - Returns: whether there are others now.
    func renew(_ used: AccessKeys) -> Bool {
        switch source {
        case .anonymous, .nowhere, .fixed: return false
        case .container, .instance:
            return state.withLock { state in
                if let keys = state?.keys, keys != used { return true }
                guard let fetched = try? fetch(), let keys = fetched.keys, keys != used else { return false }
                state = fetched
                return true
            }
        }
    }

    private func fetch() throws -> State {
        if case .container(let container) = source { return try endpoint.keys(of: container) }
        return try endpoint.instanceKeys() ?? State(keys: nil, end: nil)
    }
}
