// SPDX-License-Identifier: Apache-2.0
// What users say about Azure's storage: options as adlfs spells them, and the environment.
// Spec: adlfs, "AzureBlobFileSystem"; Azure Storage, "Configure connection strings".

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// How blobs are reached.
struct AzureSettings: Sendable {
    enum Credentials: Hashable, Sendable {
        /// - Parameter asked: whether that was asked for.
        case anonymous(asked: Bool)
        /// Bytes of an account's key.
        case key([UInt8])
        /// A query without the question mark.
        case signature(String)
        case bearer(String)
    }

    /// Nil where only URLs can name it.
    let account: String?
    /// Of blobs, without a slash at its end; nil for that of the account.
    let endpoint: String?
    let domain: String
    let credentials: Credentials

    static let optionNames = [
        "anon", "account_name", "account_key", "sas_token", "credential", "connection_string", "account_host",
        "endpoint_url", "tenant_id", "client_id", "client_secret",
    ]

    init(_ options: StorageOptions) throws(KerchunkError) {
        let connection = try Self.parts(
            options.text("connection_string") ?? environment("AZURE_STORAGE_CONNECTION_STRING"))
        let name =
            options.text("account_name") ?? connection["accountname"]
            ?? environment("AZURE_STORAGE_ACCOUNT_NAME") ?? environment("AZURE_STORAGE_ACCOUNT")
        if let name, !Self.isAccount(name) {
            throw KerchunkError(.usage, "\"\(name)\" is not a valid name of a storage account")
        }
        account = name
        domain = connection["endpointsuffix"] ?? "core.windows.net"
        let host = options.text("account_host").map { "https://" + $0 }
        endpoint = try (options.text("endpoint_url") ?? host ?? connection["blobendpoint"]).map {
            (text) throws(KerchunkError) in
            try checkedEndpoint(text, from: "the endpoint of blobs (endpoint_url, BlobEndpoint)")
        }
        credentials = try Self.credentials(options, connection)
    }

    static func isAccount(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
    }

    /// Parts of a connection string by their names in lower case.
    private static func parts(_ text: String?) throws(KerchunkError) -> [String: String] {
        var parts: [String: String] = [:]
        for part in (text ?? "").split(separator: ";") {
            guard let equals = part.firstIndex(of: "=") else {
                throw KerchunkError(
                    .usage, "the connection string of Azure must be written as Name=value;Name=value")
            }
            parts[part[..<equals].trimmed.lowercased()] = part[part.index(after: equals)...].trimmed
        }
        guard parts["usedevelopmentstorage"] == nil else {
            throw KerchunkError(
                .unsupported,
                "\"UseDevelopmentStorage\" is not supported; give the full connection string of the emulator")
        }
        return parts
    }

    private static func credentials(
        _ options: StorageOptions, _ connection: [String: String]
    ) throws(KerchunkError) -> Credentials {
        if try options.flag("anon") == true { return .anonymous(asked: true) }
        if let key = options.text("account_key") { return .key(try bytes(ofKey: key)) }
        if let token = options.text("sas_token") { return .signature(plain(token)) }
        if let text = options.text("credential") {
            if text.contains("sig=") { return .signature(plain(text)) }
            return text.split(separator: ".").count == 3 ? .bearer(text) : .key(try bytes(ofKey: text))
        }
        if let key = connection["accountkey"] { return .key(try bytes(ofKey: key)) }
        if let token = connection["sharedaccesssignature"] { return .signature(plain(token)) }
        for name in ["client_id", "client_secret", "tenant_id"] where options.text(name) != nil {
            throw refused("application logins (\(name))")
        }
        if let key = environment("AZURE_STORAGE_ACCOUNT_KEY") ?? environment("AZURE_STORAGE_KEY") {
            return .key(try bytes(ofKey: key))
        }
        if let token = environment("AZURE_STORAGE_SAS_TOKEN") { return .signature(plain(token)) }
        if environment("AZURE_STORAGE_ANON")?.lowercased() == "true" { return .anonymous(asked: true) }
        if environment("AZURE_STORAGE_CLIENT_ID") != nil {
            throw refused("application logins (AZURE_STORAGE_CLIENT_ID)")
        }
        return .anonymous(asked: false)
    }

    private static func plain(_ token: String) -> String {
        token.hasPrefix("?") ? String(token.dropFirst()) : token
    }

    private static func bytes(ofKey text: String) throws(KerchunkError) -> [UInt8] {
        guard let bytes = decodeBase64(text.utf8), bytes.count > 0 else {
            throw KerchunkError(.usage, "the key of a storage account must be base64, and this is not")
        }
        return bytes.array
    }

    private static func refused(_ what: String) -> KerchunkError {
        KerchunkError(
            .unsupported,
            "\(what) are not supported for Azure; make a token with its command: --storage-option credential="
                + "\"$(az account get-access-token --resource https://storage.azure.com --query accessToken -o tsv)\"; "
                + "or --anon uses no credentials")
    }

    /// Account and URL of a container, without a slash at its end.
    /// - Parameter name: as URLs have it: `container`, or `container@account.dfs.core.windows.net`.
    func place(of name: String) throws(KerchunkError) -> (account: String, url: String) {
        let parts = name.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        let container = parts[0]
        let isPlain = container.utf8.allSatisfy { $0.isLetterOrDigit || "-$".utf8.contains($0) }
        guard isPlain, !container.isEmpty, parts.count <= 2 else {
            throw KerchunkError(.usage, "\"\(name)\" is not a valid name of a container")
        }
        guard parts.count == 2 else {
            guard let account else {
                throw KerchunkError(
                    .usage,
                    "the URL has no storage account: give --storage-option account_name=…, AZURE_STORAGE_ACCOUNT_NAME, "
                        + "or abfs://container@account.dfs.core.windows.net/path")
            }
            return (account, (endpoint ?? "https://\(account).blob.\(domain)") + "/" + container)
        }
        let labels = parts[1].split(separator: ".", maxSplits: 2).map(String.init)
        let domains = ["core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net", domain]
        guard labels.count == 3, ["dfs", "blob"].contains(labels[1]), domains.contains(labels[2]),
            Self.isAccount(labels[0])
        else {
            throw KerchunkError(
                .usage,
                "\"\(parts[1])\" is not a host of Azure's storage, such as account.dfs.core.windows.net")
        }
        guard account == nil || account == labels[0] else {
            throw KerchunkError(
                .usage,
                "the URL names the storage account \"\(labels[0])\", and the options \"\(account ?? "")\"")
        }
        return (labels[0], (endpoint ?? "https://\(labels[0]).blob.\(labels[2])") + "/" + container)
    }
}
