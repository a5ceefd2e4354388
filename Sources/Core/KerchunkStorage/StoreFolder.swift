// SPDX-License-Identifier: Apache-2.0
// What lies below one URL, as a store of its own.

/// The objects below a URL, by their names beneath it.
public struct StoreFolder: ObjectStore {
    private let store: any ObjectStore
    private let start: String
    /// Of web servers, what follows a `?`: a token, which goes with each file.
    private let query: String
    private let escapesNames: Bool

    /// - Parameters:
    ///   - store: its keys are whole URLs.
    ///   - url: with or without a slash at its end.
    public init(_ url: String, in store: any ObjectStore) {
        self.store = store
        let isWeb = url.hasPrefix("http://") || url.hasPrefix("https://")
        let mark = isWeb ? url.firstIndex(of: "?") : nil
        var path = url[..<(mark ?? url.endIndex)]
        while path.hasSuffix("/"), !path.hasSuffix("://") { path.removeLast() }
        start = path + "/"
        query = mark.map { String(url[$0...]) } ?? ""
        escapesNames = isWeb
    }

    /// The URL of the object `name`.
    public func url(of name: String) -> String {
        start + (escapesNames ? percentEncoded(name) : name) + query
    }

    public func open(_ name: String) throws -> any ByteSource { try store.open(url(of: name)) }

    public func list(prefix: String) throws -> [ObjectInfo] {
        try store.list(prefix: start + prefix).map {
            ObjectInfo(key: String($0.key.dropFirst(start.count)), size: $0.size)
        }
    }

    public func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String]) {
        let level = try store.listLevel(prefix: start + prefix)
        return (
            level.objects.map { ObjectInfo(key: String($0.key.dropFirst(start.count)), size: $0.size) },
            level.folders.map { String($0.dropFirst(start.count)) }
        )
    }
}

/// `name` with the characters that end the path of a URL, or stand for others, as `%XX`.
package func percentEncoded(_ name: String) -> String {
    var encoded = ""
    for character in name {
        switch character {
        case "%": encoded += "%25"
        case "?": encoded += "%3F"
        case "#": encoded += "%23"
        default: encoded.append(character)
        }
    }
    return encoded
}
