// SPDX-License-Identifier: Apache-2.0
// The names of chunks below their array.
// Spec: Zarr v2, "Storing a single array"; Zarr v3, "Chunk key encoding".

public import KerchunkBytes

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

    /// The position on `grid` of the chunk that `key` names from its byte `start` on; nil where it is not the key of
    /// one of its chunks.
    @inlinable public func position(of key: Span<UInt8>, from start: Int = 0, on grid: ChunkGrid) -> UInt64? {
        var next = start
        func take(_ byte: UInt8) -> Bool {
            guard next < key.count, key[next] == byte else { return false }
            next += 1
            return true
        }
        if hasPrefix {
            guard take(UInt8(ascii: "c")) else { return nil }
            if grid.rank == 0 { return next == key.count ? 0 : nil }
            guard take(separator) else { return nil }
        } else if grid.rank == 0 {
            return take(UInt8(ascii: "0")) && next == key.count ? 0 : nil
        }
        var position: UInt64 = 0
        for axis in 0..<grid.rank {
            if axis > 0, !take(separator) { return nil }
            var index: UInt64 = 0
            let first = next
            while next < key.count, key[next] >= UInt8(ascii: "0"), key[next] <= UInt8(ascii: "9") {
                // A leading zero would give a chunk two keys.
                guard index > 0 || next == first, let shifted = index.multiplied(by: 10),
                    let sum = shifted.adding(UInt64(key[next] - UInt8(ascii: "0")))
                else { return nil }
                index = sum
                next += 1
            }
            guard next > first, index < grid.shape[axis] else { return nil }
            position = position * grid.shape[axis] + index
        }
        return next == key.count ? position : nil
    }
}
