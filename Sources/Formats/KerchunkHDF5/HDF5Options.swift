// SPDX-License-Identifier: Apache-2.0
// What can be chosen for HDF5 files and no others.

public import KerchunkModel
import KerchunkScanning

extension HDF5Scanner {
    /// How variable-length strings are written, as kerchunk's option of the same name.
    public enum StringEncoding: String, Sendable, CaseIterable {
        /// Decoded and inlined.
        case embed
        /// References to the heap ids, read as empty.
        case null
        /// The raw heap ids as 16-byte strings.
        case leave
        /// References to the heap ids, with a codec that knows each string.
        case encode
    }

    /// How variable-length strings are written.
    public static let stringEncoding = TypedOption<StringEncoding>(
        "vlen_encode", .embed, "How to write variable-length strings.")
    /// Whether each name of an object with several is a variable.
    public static let followsLinks = TypedOption<Bool>(
        "links", true, "Whether every name of an object becomes a variable.")
    /// Whether soft links count as names where links are not followed.
    public static let preservesSoftLinks = TypedOption<Bool>(
        "soft_links", false, "Whether soft links count as names if `links` is false.")

    static let options: [any DeclaredOption] = [stringEncoding, followsLinks, preservesSoftLinks]
}

extension ScanOptions {
    var stringEncoding: HDF5Scanner.StringEncoding { self[HDF5Scanner.stringEncoding] }

    var followsLinks: Bool {
        get { self[HDF5Scanner.followsLinks] }
        set { self[HDF5Scanner.followsLinks] = newValue }
    }

    var preservesSoftLinks: Bool {
        get { self[HDF5Scanner.preservesSoftLinks] }
        set { self[HDF5Scanner.preservesSoftLinks] = newValue }
    }
}
