// SPDX-License-Identifier: Apache-2.0
// What a user names as an input or output: a path, or a URL. Names of members of archives are `LocationChain`.

import KerchunkModel

extension StringProtocol {
    /// The same without slashes at its end: a folder has one name, however it was written. `/` stays.
    public var withoutClosingSlashes: String {
        var text = String(self)
        while text.utf8.count > 1, text.utf8.last == UInt8(ascii: "/") { text.removeLast() }
        return text
    }
}

/// A parsed path or URL.
public enum Location: Hashable, Sendable {
    /// A path of this machine, as it was given.
    case local(path: String)
    /// Anything with a scheme other than `file`; the scheme in lower case.
    case remote(scheme: String, text: String)

    public init(_ text: String) {
        guard let colon = text.firstRange(ofASCII: "://"), !text[..<colon.lowerBound].contains("/") else {
            self = .local(path: text)
            return
        }
        let scheme = text[..<colon.lowerBound].lowercased()
        self =
            scheme == "file"
            ? .local(path: String(text[colon.upperBound...])) : .remote(scheme: scheme, text: text)
    }

    /// Whether the bytes come over a network: those of `text`, or of the archive that it is a member of.
    public static func isRemote(_ text: String) -> Bool {
        if case .remote = Location(LocationChain.outerFile(of: text)) { true } else { false }
    }
}
