// SPDX-License-Identifier: Apache-2.0
// Credentials that a machine of AWS gives to what runs on it.
// Spec: AWS SDKs and Tools Reference Guide, "IMDS credential provider", "Container credential provider".

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Asks the endpoints of instances and containers. Each question waits a second or two, as there may be nobody.
struct AWSCredentialEndpoint: Sendable {
    private let client: HTTPClient

    init(_ access: StorageAccess) throws(KerchunkError) {
        let seconds = environment("AWS_METADATA_SERVICE_TIMEOUT") ?? "1"
        let tries = environment("AWS_METADATA_SERVICE_NUM_ATTEMPTS").flatMap { Int($0) } ?? 1
        let options = StorageOptions([
            "timeout": seconds, "retries": String(max(0, min(tries, 100) - 1)), "trust_env": "false",
        ])
        client = try HTTPClient(
            StorageAccess(options, cancellation: access.cancellation, traffic: access.traffic))
    }

    /// What the environment of a container says.
    struct Container: Hashable, Sendable {
        let url: String

        private static let host = "http://169.254.170.2"
        /// Hosts that may be asked without encryption, loopback ones besides.
        private static let known = [
            "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]",
        ]

        /// - Returns: nil where the environment names none.
        init?() throws(KerchunkError) {
            if let path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
                url = Self.host + (path.hasPrefix("/") ? path : "/" + path)
                return
            }
            guard let text = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
            let origin = URLText.origin(text)
            let host = origin.dropFirst("http://".count)
            let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
            guard
                origin.hasPrefix("https://")
                    || origin.hasPrefix("http://")
                        && (Self.known.contains(String(name)) || name.hasPrefix("127."))
            else {
                throw KerchunkError(
                    .usage,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI must start with https://, or name a host on this machine"
                )
            }
            url = try URLText(text).request
        }

        /// The header that says who asks.
        func token() throws(KerchunkError) -> String? {
            guard let path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
                return environment("AWS_CONTAINER_AUTHORIZATION_TOKEN")
            }
            let text = String(decoding: try Platform.readToEnd(path), as: UTF8.self)
            return String(text.prefix { !$0.isNewline })
        }
    }

    func keys(of container: Container) throws -> AWSCredentials.State {
        var request = HTTPRequest("GET", container.url, wholeLimit: 1 << 20)
        request.setHeader("Accept", "application/json")
        if let token = try container.token() { request.setHeader("Authorization", token) }
        let response = try client.send(request)
        guard response.isSuccess else {
            var error = response.failure
            error.message = "the container's endpoint returned no credentials: " + error.message
            throw error
        }
        return try Self.state(response)
    }

    /// - Returns: nil where no instance answers, or one without a role.
    func instanceKeys() throws -> AWSCredentials.State? {
        let isIPv6 = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        let base = try checkedEndpoint(
            environment("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                ?? (isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"),
            from: "AWS_EC2_METADATA_SERVICE_ENDPOINT")
        var headers: [HTTPHeader] = []
        let seconds = HTTPHeader("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        let request = HTTPRequest(
            "PUT", base + "/latest/api/token", headers: [seconds], body: Bytes(), wholeLimit: 1 << 16)
        // Older endpoints know no tokens, and a token may be one that must not travel so far as to a container.
        if let response = try answer(to: request), response.isSuccess {
            headers.append(HTTPHeader("x-aws-ec2-metadata-token", Self.line(response)))
        }
        let folder = base + "/latest/meta-data/iam/security-credentials/"
        guard let roles = try answer(to: HTTPRequest("GET", folder, headers: headers, wholeLimit: 1 << 16)),
            roles.isSuccess
        else { return nil }
        let role = Self.line(roles)
        guard !role.isEmpty else { return nil }
        let keys = HTTPRequest("GET", folder + uriEncoded(role), headers: headers, wholeLimit: 1 << 20)
        guard let response = try answer(to: keys), response.isSuccess else { return nil }
        return try Self.state(response)
    }

    /// - Returns: nil where nobody answers.
    private func answer(to request: HTTPRequest) throws -> HTTPResponse? {
        switch try client.send([request])[0] {
        case .success(let response): return response
        case .failure(let error):
            guard error.kind == .network else { throw error }
            return nil
        }
    }

    /// The first line of an answer.
    private static func line(_ response: HTTPResponse) -> String {
        String(decoding: response.body.array, as: UTF8.self).prefix { !$0.isNewline }.trimmed
    }

    private static func state(_ response: HTTPResponse) throws -> AWSCredentials.State {
        guard let object = (try? JSONScanner.parse(response.body))?.object,
            let id = object["AccessKeyId"]?.string, let secret = object["SecretAccessKey"]?.string
        else {
            throw KerchunkError(
                .permission, "the instance's endpoint returned no credentials", url: shownURL(response.url)
            )
        }
        let end = object["Expiration"]?.string.flatMap(isoTime)
        return AWSCredentials.State(
            keys: AccessKeys(id: id, secret: secret, token: object["Token"]?.string), end: end)
    }
}
