// SPDX-License-Identifier: Apache-2.0
// Names of a file as names of a Zarr hierarchy.

import KerchunkBytes
import KerchunkModel

/// What of a name no reader of Zarr could open, and what stands for it.
enum Names {
    /// Keys of Zarr's own documents: a member of this name is in no listing.
    private static let reserved = [".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json"]

    /// `name` as zarr can open it, an empty one unchanged. Characters are escaped as in URLs.
    static func readable(_ name: String) -> String {
        let isFolder = name == "." || name == ".."
        let dots = isFolder || reserved.contains { $0.isExactly(name) }
        guard dots || hasSlash(name) else { return name }
        var escaped = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "/": escaped += "%2F"
            // zarr-python reads it as a slash.
            case "\\": escaped += "%5C"
            case "." where dots: escaped += "%2E"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// What was changed of `name`, in words.
    static func change(of name: String, to readable: String) -> String {
        let marks = [(UInt8(ascii: "/"), "slash"), (UInt8(ascii: "\\"), "backslash")].filter {
            name.utf8.contains($0.0)
        }.map { "a \($0.1)" }
        let problem =
            if !marks.isEmpty {
                "contains \(marks.joined(separator: " and ")), which zarr cannot open"
            } else if name == "." || name == ".." {
                "would be a folder, which zarr cannot open"
            } else {
                "is that of a zarr metadata document, which hides it"
            }
        return "its name \(problem); it is called \"\(readable)\" here"
    }

    private static func hasSlash(_ name: String) -> Bool {
        name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
    }
}
