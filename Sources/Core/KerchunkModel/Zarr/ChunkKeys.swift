// SPDX-License-Identifier: Apache-2.0
// The names of chunks below their array.
// Spec: Zarr v2, "Storing a single array"; Zarr v3, "Chunk key encoding".

import KerchunkBytes

/// How the indices of a chunk become its key.
public struct ChunkKeyEncoding: Hashable, Sendable {
    /// What stands before the indices: `c` in Zarr v3's default encoding.
    public var hasPrefix: Bool
    /// `.` or `/`.
    public var separator: UInt8

    public init(hasPrefix: Bool = false, separator: UInt8 = UInt8(ascii: ".")) {
        self.hasPrefix = hasPrefix
        self.separator = separator
    }

    /// `0.0`, and `0` for a scalar: what reference sets use.
    public static let dots = ChunkKeyEncoding()

    /// The key of the chunk at `coordinates`.
    public func key(_ coordinates: [UInt64]) -> String {
        let mark = String(decoding: [separator], as: UTF8.self)
        let indices = coordinates.map(\.description).joined(separator: mark)
        if hasPrefix { return coordinates.isEmpty ? "c" : "c" + mark + indices }
        return coordinates.isEmpty ? "0" : indices
    }

    /// The position on `grid` of the chunk that `key` (UTF-8) names; nil where it is not the key of one of its chunks.
    public func position(of key: some Collection<UInt8>, on grid: ChunkGrid) -> UInt64? {
        var rest = key[...]
        if hasPrefix {
            guard rest.popFirst() == UInt8(ascii: "c") else { return nil }
            if grid.rank == 0 { return rest.isEmpty ? 0 : nil }
            guard rest.popFirst() == separator else { return nil }
        } else if grid.rank == 0 {
            return rest.count == 1 && rest.first == UInt8(ascii: "0") ? 0 : nil
        }
        var position: UInt64 = 0
        for axis in 0..<grid.rank {
            if axis > 0, rest.popFirst() != separator { return nil }
            var index: UInt64 = 0
            var hasDigits = false
            while let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                guard !(hasDigits && index == 0), let shifted = index.multiplied(by: 10),
                    let next = shifted.adding(UInt64(byte - UInt8(ascii: "0")))
                else { return nil }
                index = next
                hasDigits = true
                rest.removeFirst()
            }
            guard hasDigits, index < grid.shape[axis] else { return nil }
            position = position * grid.shape[axis] + index
        }
        return rest.isEmpty ? position : nil
    }
}
