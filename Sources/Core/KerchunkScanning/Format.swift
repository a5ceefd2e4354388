// SPDX-License-Identifier: Apache-2.0
// What is known of a format without looking at a file.

import KerchunkBytes
public import KerchunkModel

/// A format that can be scanned. Two are equal if their ids are.
public struct Format: Hashable, Sendable {
    /// As users type it: `hdf5`.
    public let id: String
    /// As messages say it: `HDF5`.
    public let name: String
    /// How names of its files end, without the dot, the usual ending first: `nc`. Only a hint: files are known by their bytes.
    public let endings: [String]
    /// Whether a folder may be of this format; else it is only asked about files.
    public let takesFolders: Bool
    /// What can be chosen for this format and not for all; see `ScanOptions`.
    public let options: [any DeclaredOption]

    public init(
        _ id: String, name: String, endings: [String], takesFolders: Bool = false,
        options: [any DeclaredOption] = []
    ) {
        self.id = id
        self.name = name
        self.endings = endings
        self.takesFolders = takesFolders
        self.options = options
    }

    public static func == (one: Format, other: Format) -> Bool { one.id.isExactly(other.id) }
    public func hash(into hasher: inout Hasher) { hasher.combine(ExactText(id)) }

    /// Whether the file or URL `name` ends as names of this format do.
    func hasName(_ name: String) -> Bool {
        let path = name.prefix { $0 != "?" && $0 != "#" }.lowercased()
        let file = path.firstRange(ofASCII: "::").map { path[..<$0.lowerBound] } ?? path[...]
        return endings.contains { file.hasSuffix("." + $0) }
    }
}
