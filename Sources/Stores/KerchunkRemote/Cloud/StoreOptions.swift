// SPDX-License-Identifier: Apache-2.0
// Options and environment variables of cloud stores, read with care.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

extension StorageOptions {
    /// The value of the first option of `names` that is given and not empty.
    func text(_ names: String...) -> String? {
        names.lazy.compactMap { values[$0] }.first { !$0.isEmpty }
    }

    /// The JSON object that the option `name` is; empty where it is not given.
    /// - Parameter known: its members that mean something here.
    func object(_ name: String, known: [String]) throws(KerchunkError) -> JSONObject {
        guard let text = text(name) else { return JSONObject() }
        guard let object = (try? JSONScanner.parse(Bytes(text)))?.object else {
            throw KerchunkError(
                .usage, "the storage option \"\(name)\" must be a JSON object: \(name)='{\"\(known[0])\": …}'"
            )
        }
        for key in object.names where !known.contains(key) {
            throw KerchunkError(
                .unsupported,
                "the storage option \"\(name)\" has \"\(key)\", which is not supported; supported are: "
                    + known.joined(separator: ", ")
                    + ". If you need it, fetch the file with fsspec in Python "
                    + "and scan the copy")
        }
        return object
    }
}

extension JSONObject {
    /// The text of the member `name` of the option `option`; nil where it is absent, null or empty.
    func text(_ name: String, of option: String) throws(KerchunkError) -> String? {
        switch self[name] {
        case nil, .null?: return nil
        case .string(let text)?: return text.isEmpty ? nil : text
        default:
            throw KerchunkError(.usage, "\"\(name)\" of the storage option \"\(option)\" must be a string")
        }
    }

    /// The choice that the member `name` of the option `option` is; nil where it is absent or null.
    func flag(_ name: String, of option: String) throws(KerchunkError) -> Bool? {
        switch self[name] {
        case nil, .null?: return nil
        case .bool(let flag)?: return flag
        default:
            throw KerchunkError(
                .usage, "\"\(name)\" of the storage option \"\(option)\" must be true or false")
        }
    }
}

/// The value of an environment variable that is set and not empty.
func environment(_ name: String) -> String? {
    Platform.environment(name).flatMap { $0.isEmpty ? nil : $0 }
}

/// Scheme, host and path of an endpoint, without a slash at its end.
func checkedEndpoint(_ text: String, from name: String) throws(KerchunkError) -> String {
    let parts = text.lowercased().hasPrefix("http://") || text.lowercased().hasPrefix("https://")
    guard parts, let url = try? URLText(text), url.credentials == nil, !url.request.contains("?") else {
        throw KerchunkError(
            .usage,
            "\(name) is a URL such as https://host or http://host:9000, without user, password or query")
    }
    var endpoint = url.request
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    return endpoint
}
