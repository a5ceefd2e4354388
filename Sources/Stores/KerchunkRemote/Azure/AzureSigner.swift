// SPDX-License-Identifier: Apache-2.0
// Credentials for requests to Azure's storage.
// Spec: Azure Storage, "Authorize with Shared Key", "Create a service SAS", "Versioning for Azure Storage".

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

struct AzureSigner: RequestSigner {
    let account: String
    let credentials: AzureSettings.Credentials
    /// Of the interface.
    static let version = "2021-08-06"

    func sign(_ request: inout HTTPRequest) throws {
        request.setHeader("x-ms-version", Self.version)
        switch credentials {
        case .anonymous: break
        case .bearer(let token): request.setHeader("Authorization", "Bearer " + token)
        case .signature(let query): request.url += (request.url.contains("?") ? "&" : "?") + query
        case .key(let key):
            // By its own name the header is signed as Microsoft's libraries sign it.
            if let range = request.headers.first(where: { $0.name == "Range" }) {
                request.headers.removeAll { $0.name == "Range" }
                request.setHeader("x-ms-range", range.value)
            }
            request.setHeader("x-ms-date", UTCTime(Platform.wallTime).httpText)
            let code = SHA256.authenticationCode(stringToSign(request), key: key)
            request.setHeader("Authorization", "SharedKey \(account):" + base64(Bytes(code)))
        }
    }

    /// The text whose keyed hash is the signature.
    func stringToSign(_ request: HTTPRequest) -> String {
        func value(_ name: String) -> String {
            request.headers.first { $0.name.isEqualIgnoringCase(name) }?.value ?? ""
        }
        let length = request.body.map(\.count) ?? 0
        let standard = [
            request.method, value("Content-Encoding"), value("Content-Language"),
            length == 0 ? "" : String(length),
            value("Content-MD5"), value("Content-Type"), "", value("If-Modified-Since"), value("If-Match"),
            value("If-None-Match"), value("If-Unmodified-Since"), value("Range"),
        ]
        let own = request.headers.map { ($0.name.lowercased(), $0.value.trimmed) }.filter {
            $0.0.hasPrefix("x-ms-")
        }
        .sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }
        let rest = request.url[
            (request.url.firstRange(ofASCII: "://")?.upperBound ?? request.url.startIndex)...
        ]
        .drop { $0 != "/" && $0 != "?" }
        let path = rest.prefix { $0 != "?" }
        let items = rest.dropFirst(path.count + 1).split(separator: "&").map { item in
            let name = item.prefix { $0 != "=" }
            return (URLText.decoded(name).lowercased(), URLText.decoded(item.dropFirst(name.count + 1)))
        }
        let resource = ["/" + account + path] + items.sorted { $0 < $1 }.map { "\($0.0):\($0.1)" }
        return (standard + own + resource).joined(separator: "\n")
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) -> AnswerVerdict {
        // Containers that are not public are hidden from who is not known.
        let isHidden = response.status == 404 && response.code == "ResourceNotFound"
        guard [401, 403].contains(response.status) || response.code == "PublicAccessNotPermitted" || isHidden
        else {
            return .taken
        }
        var error = response.failure
        if !isHidden { error.kind = .permission }
        switch credentials {
        case .anonymous(asked: true): error.message += "; the request was anonymous, as requested"
        case .anonymous(asked: false):
            error.message +=
                "; no credentials were found, so the request was anonymous: "
                + "--storage-option account_key=…, sas_token=… or credential=… gives some"
        case .key: error.message += "; the request was signed with the account's key"
        case .signature:
            error.message += "; the request had a shared access signature (sas_token), which may have expired"
        case .bearer: error.message += "; a token was sent; tokens expire after about an hour"
        }
        return .failed(error)
    }
}
