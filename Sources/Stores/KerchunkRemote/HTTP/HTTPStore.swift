// SPDX-License-Identifier: Apache-2.0
// Files of web servers, under their URLs.

import KerchunkBytes
import KerchunkModel
public import KerchunkStorage

/// `http://` and `https://`.
public struct HTTPStore: ObjectStore {
    private let access: StorageAccess
    private let client: HTTPClient
    private let headers: [HTTPHeader]

    public static let kind = StoreKind(
        schemes: ["http", "https"], options: HTTPClient.optionNames + ["headers"]
    ) { try HTTPStore($0) }

    public init(_ access: StorageAccess) throws {
        self.access = access
        client = try HTTPClient(access)
        headers = try access.options.httpHeaders()
    }

    /// - Parameter url: user and password in it are used, and do not come into references.
    public func open(_ url: String) throws -> any ByteSource {
        let parts = try URLText(url)
        var request = HTTPRequest("GET", parts.request, headers: headers)
        if let credentials = parts.credentials {
            request.setHeader("Authorization", "Basic " + base64(Bytes(credentials)))
        }
        return HTTPSource(parts.reference, request: request, client: client, access: access)
    }

    public func list(prefix: String) throws -> [ObjectInfo] { throw Self.cannotList(prefix) }

    public func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String]) {
        throw Self.cannotList(prefix)
    }

    private static func cannotList(_ prefix: String) -> KerchunkError {
        KerchunkError(
            .unsupported,
            "web servers do not list their files; name each file, or give a list with --files-from",
            url: shownURL(prefix))
    }
}

extension StorageOptions {
    /// Headers that users want to go with their requests.
    func httpHeaders() throws(KerchunkError) -> [HTTPHeader] {
        var list = headers.map { HTTPHeader($0.name, $0.value) }
        if let text = values["headers"] {
            guard let object = (try? JSONScanner.parse(Bytes(text)))?.object else {
                throw KerchunkError(
                    .usage,
                    "the storage option \"headers\" must be a JSON object: headers='{\"X-Key\": \"value\"}'")
            }
            list += object.map { HTTPHeader($0.name, $0.value.string ?? $0.value.serialized()) }
        }
        for header in list {
            let isPlain = (header.name + header.value).unicodeScalars.allSatisfy {
                $0.value >= 0x20 && $0.value != 0x7F
            }
            guard isPlain, !header.name.isEmpty, !header.name.contains(where: { ": ".contains($0) }) else {
                throw KerchunkError(
                    .usage, "\"\(header.name)\" is not a valid header name, or its value contains line breaks"
                )
            }
        }
        return list
    }
}
