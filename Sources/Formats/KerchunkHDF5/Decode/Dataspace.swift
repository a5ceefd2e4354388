// SPDX-License-Identifier: Apache-2.0
// The shape of a dataset or attribute.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.b "The Dataspace Message".

import KerchunkBytes

/// The extent of a dataset or attribute.
struct Dataspace: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// One element.
        case scalar
        case simple
        /// No element, not even one of zero.
        case null
    }

    let kind: Kind
    /// Elements along each axis; empty unless `kind` is `simple`.
    let dimensions: [UInt64]
    /// Largest extents, nil where unlimited; equal to `dimensions` where the file gives none.
    let maximum: [UInt64?]

    /// Elements in all; nil where they do not fit into 64 bits.
    var elementCount: UInt64? { kind == .null ? 0 : checkedProduct(dimensions) }
}

extension Dataspace {
    /// The most axes that the HDF5 library makes or reads.
    static let maximumRank = 32

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("dataspace message")
        let version = try cursor.uint8()
        let rank = Int(try cursor.uint8())
        let flags = try cursor.uint8()
        guard rank <= Self.maximumRank else {
            throw cursor.error("\(rank) dimensions, expected at most \(Self.maximumRank)")
        }
        switch version {
        case 1:
            try cursor.skip(5)
            kind = rank == 0 ? .scalar : .simple
        case 2:
            let type = try cursor.uint8()
            switch type {
            case 0: kind = .scalar
            case 1: kind = .simple
            case 2: kind = .null
            default: throw cursor.error("a dataspace of unknown type \(type)")
            }
            guard kind == .simple || rank == 0 else {
                throw cursor.error("\(rank) dimensions of a scalar or null dataspace")
            }
        default:
            throw cursor.error("version \(version), expected 1 or 2")
        }
        var dimensions: [UInt64] = []
        dimensions.reserveCapacity(rank)
        for _ in 0..<rank { dimensions.append(try cursor.length(sizes)) }
        var maximum: [UInt64?] = dimensions
        if flags & 1 != 0 {
            let unlimited = sizes.length >= 8 ? UInt64.max : (1 << UInt64(8 * sizes.length)) - 1
            for axis in 0..<rank {
                let extent = try cursor.length(sizes)
                guard extent >= dimensions[axis] else {
                    throw cursor.error(
                        "dimension \(axis) has \(dimensions[axis]) elements, more than its maximum of \(extent)"
                    )
                }
                maximum[axis] = extent == unlimited ? nil : extent
            }
        }
        self.dimensions = dimensions
        self.maximum = maximum
    }
}
