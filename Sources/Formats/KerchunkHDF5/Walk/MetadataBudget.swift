// SPDX-License-Identifier: Apache-2.0
// How much metadata a file can make us keep.

import KerchunkBytes
import KerchunkModel

/// Counts the bytes of metadata that were taken from a file.
///
/// Structures of a sound file do not overlap, so all of them together are not larger than the file. A file that lets a
/// thousand objects share one heap of names passes that limit soon, and does not fill the memory.
// A class because all walks of a file spend from the same budget; each hierarchy has its own, on one thread.
final class MetadataBudget {
    private var left: UInt64

    init(fileSize: UInt64) {
        // Room for structures that are read twice, and for the fixed costs of small files.
        left = (fileSize.multiplied(by: 4) ?? UInt64.max / 2).adding(16 << 20) ?? UInt64.max
    }

    func spend(_ count: some BinaryInteger, in structure: StaticString, at offset: UInt64) throws(ParseError)
    {
        guard let count = UInt64(exactly: count), count <= left else {
            throw ParseError(
                "its structures claim more bytes than the file has", in: structure.description, at: offset)
        }
        left -= count
    }
}
