// SPDX-License-Identifier: Apache-2.0
// What can be scanned.

public import KerchunkModel
public import KerchunkStorage

/// A file, or a folder of files that are one dataset.
public enum Target: Sendable {
    case file(any ByteSource)
    /// The files below a folder or URL, by their names beneath it; `name` names it in errors.
    case folder(any ObjectStore, name: String)

    /// A URL or path, for errors.
    public var name: String {
        switch self {
        case .file(let source): source.name
        case .folder(_, let name): name
        }
    }

    /// The file, for formats whose datasets are one.
    /// - Throws: where this is a folder.
    public func file() throws(KerchunkError) -> any ByteSource {
        if case .file(let source) = self { return source }
        throw KerchunkError(.input, "this is a folder, not a file", url: name)
    }
}
