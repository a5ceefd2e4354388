// SPDX-License-Identifier: Apache-2.0
// Files that end before they should.

public import KerchunkModel

/// A file that is shorter than it says itself.
public struct Truncation: Sendable {
    /// Bytes.
    let size: UInt64
    let fullSize: UInt64

    public init(size: UInt64, fullSize: UInt64) {
        self.size = size
        self.fullSize = fullSize
    }

    private var words: String { "truncated: \(size) of \(fullSize) bytes" }

    /// For scans that take whole files only.
    public var error: KerchunkError {
        KerchunkError(
            .malformed, "\(words); get the complete file, or use what is left of it with --salvage")
    }

    /// For scans that take what is left.
    public var issue: Issue {
        Issue(
            object: "/", reason: "\(words); everything beyond the end is missing",
            remedy: "get the complete file",
            isDamage: true)
    }
}
