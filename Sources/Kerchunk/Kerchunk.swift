// SPDX-License-Identifier: Apache-2.0
// The facade: what this library does, in a few calls.

/// Locates the chunks of files, and saves and loads what it finds.
///
/// ```swift
/// let result = try Kerchunk.scan("file.nc")
/// try Kerchunk.save(result.dataset, to: "refs.json")
/// ```
public enum Kerchunk {
    /// The version of this package; a test holds it against the file VERSION.
    public static let version = "0.1.0"
}
