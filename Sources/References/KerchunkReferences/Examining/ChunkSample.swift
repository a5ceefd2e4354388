// SPDX-License-Identifier: Apache-2.0
// Some chunks of many, drawn evenly while they pass by.
// Spec: J. S. Vitter, "Random sampling with a reservoir" (1985), algorithm R; S. Vigna, SplitMix64.

import KerchunkModel

/// A reservoir that keeps a bounded number of chunks.
struct ChunkSample: Sendable {
    struct Chunk: Sendable {
        let path: String
        let position: UInt64
        let location: ChunkLocation
    }

    private(set) var chunks: [Chunk] = []
    private let size: Int
    private var seen: UInt64 = 0
    private var random: SplitMix64

    init(size: Int, seed: UInt64) {
        self.size = size
        random = SplitMix64(state: seed)
    }

    /// Keeps the chunk, or passes over it.
    mutating func offer(_ path: String, _ position: UInt64, _ location: () -> ChunkLocation) {
        guard size > 0 else { return }
        seen += 1
        if chunks.count < size {
            chunks.append(Chunk(path: path, position: position, location: location()))
            return
        }
        let place = UInt64.random(in: 0..<seen, using: &random)
        if place < UInt64(size) {
            chunks[Int(place)] = Chunk(path: path, position: position, location: location())
        }
    }
}

private struct SplitMix64: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15  // arithmetic modulo 2⁶⁴ is the generator
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
