// SPDX-License-Identifier: Apache-2.0
// What a user names as an input or output: a path, or a URL.

/// A parsed path or URL.
public enum Location: Hashable, Sendable {
    /// A path of this machine, as it was given.
    case local(path: String)
    /// Anything with a scheme other than `file`.
    case remote(scheme: String, text: String)

    public init(_ text: String) {
        if text.hasPrefix("file://") {
            self = .local(path: String(text.dropFirst(7)))
        } else if let colon = text.range(of: "://") {
            self = .remote(scheme: String(text[..<colon.lowerBound]), text: text)
        } else {
            self = .local(path: text)
        }
    }
}

extension String {
    /// Where `word` first occurs.
    fileprivate func range(of word: String) -> Range<String.Index>? {
        firstRange(of: word)
    }
}
