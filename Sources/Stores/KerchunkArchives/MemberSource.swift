// SPDX-License-Identifier: Apache-2.0
// The bytes of a stored member, which are those of the archive.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// A window on the archive, under a name of its own; its references point into the archive.
struct MemberSource: ByteSource {
    private let archive: SubrangeSource
    let name: String

    /// - Parameter window: lies inside `archive`.
    init(_ archive: any ByteSource, window: ByteRange, name: String) {
        self.archive = SubrangeSource(archive, window: window)
        self.name = name
    }

    var placement: Placement? { archive.placement }
    var stamp: SourceStamp { get throws { try archive.stamp } }
    var currentStamp: SourceStamp { get throws { try archive.currentStamp } }
    var givesParts: Bool { get throws { try archive.givesParts } }
    func size() -> UInt64 { archive.size() }
    var preferredBatch: UInt64 { archive.preferredBatch }

    func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        return try archive.read(ranges)
    }
}
