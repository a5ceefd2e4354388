// SPDX-License-Identifier: Apache-2.0
// Searches of names for marks such as "://", which every input and output goes through several times.

// Not generic, so that other modules call fast code.
extension Substring {
    /// Where `mark` stands first; compared byte by byte, so `mark` is ASCII.
    package func firstRange(ofASCII mark: String) -> Range<Index>? {
        guard let first = mark.utf8.first else { return nil }
        var rest = utf8[...]
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: mark.utf8) {
                return start..<utf8.index(start, offsetBy: mark.utf8.count)
            }
            rest = rest.dropFirst()
        }
        return nil
    }
}

extension String {
    /// Where `mark` stands first; compared byte by byte, so `mark` is ASCII.
    package func firstRange(ofASCII mark: String) -> Range<Index>? { self[...].firstRange(ofASCII: mark) }
}
