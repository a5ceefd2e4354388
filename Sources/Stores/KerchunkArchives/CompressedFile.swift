// SPDX-License-Identifier: Apache-2.0
// Files that are compressed as a whole: nothing in them has a place.

import KerchunkBytes
import KerchunkModel

public enum CompressedFile {
    /// By signature: RFC 1952, 2.3.1; bzip2; the .xz File Format 1.2, 2.1.1.1; RFC 8878, 3.1.1; compress(1).
    private static let signatures: [(bytes: [UInt8], name: String, remedy: String)] = [
        ([0x1F, 0x8B], "gzip", "gzip -d"), ([0x42, 0x5A, 0x68], "bzip2", "bzip2 -d"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz", "xz -d"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd", "zstd -d"),
        ([0x1F, 0x9D], "compress", "gzip -d"),
    ]

    /// What is said of a file that starts with `start`; nil where it is not known to be compressed.
    public static func refusal(ofFileStartingWith start: [UInt8]) -> String? {
        guard let found = signatures.first(where: { start.starts(with: $0.bytes) }) else { return nil }
        return "the file is compressed as a whole (\(found.name)), so references cannot point into it; "
            + "decompress it (\(found.remedy)), and scan the result"
    }

    /// What decompresses a file that starts with `start`; nil where it is not known to be compressed.
    public static func tool(ofFileStartingWith start: [UInt8]) -> String? {
        signatures.first { start.starts(with: $0.bytes) }?.remedy
    }

    /// The error for a file that starts with `start`, where it is one of these.
    static func error(_ start: Bytes) -> KerchunkError? {
        refusal(ofFileStartingWith: start[0..<min(8, start.count)].array).map {
            KerchunkError(.unsupported, $0)
        }
    }
}
