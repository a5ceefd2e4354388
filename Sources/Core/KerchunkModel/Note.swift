// SPDX-License-Identifier: Apache-2.0
// What is good to know of a dataset in which nothing is wrong.

/// Something that a user should know, and that is no trouble: `--strict` passes over it.
public struct Note: Hashable, Sendable {
    /// Lower case, no final stop.
    public let text: String
    /// What the user can do: `pip install swift-kerchunk`.
    public let remedy: String?

    public init(_ text: String, remedy: String? = nil) {
        self.text = text
        self.remedy = remedy
    }
}
