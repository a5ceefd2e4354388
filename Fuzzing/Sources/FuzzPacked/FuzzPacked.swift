// SPDX-License-Identifier: Apache-2.0
// Any bytes as a packed dataset: chunks or an error, never a trap; what was read must be packed and read back the same.
//
// Checksums would keep nearly all mutations out, so inputs that do not start as a packed dataset are taken for one
// without compression: the sizes of its metadata and tables (2 bytes each), then all that lies before the footer.

import Kerchunk

private struct Identity: Codec {
    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count <= limit else { throw KerchunkError(.limit, "too long") }
        return stored
    }
    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes { decoded }
}

private let identity = CodecDirectory([
    CodecEntry("zstd", .bytesToBytes, "Bytes as they are.") { _ in Identity() }
])

private func number(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

/// `bytes` with a footer that has the right checksum, as docs/packed.md says.
private func framed(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 20 else { return nil }
    let metadata = Int(bytes[0]) | Int(bytes[1]) << 8
    let tables = Int(bytes[2]) | Int(bytes[3]) << 8
    let body = Array(bytes.dropFirst(4))
    guard metadata + tables <= body.count - 16 else { return nil }
    var footer = number(body.count - metadata - tables)
    footer += number(metadata) + number(metadata) + number(tables) + number(tables) + number(1)
    let checksum = footer.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    footer += (0..<8).map { UInt8(truncatingIfNeeded: checksum >> UInt64(8 * $0)) }
    return body + footer + [0x0A, 0x1A, 0x0A, 0x0D, 0x4B, 0x50, 0x4B, 0x89]
}

/// All chunks; nil where some cannot be read.
private func references(_ dataset: VirtualDataset) -> [ChunkLocation]? {
    var locations: [ChunkLocation] = []
    var runs = 0
    do {
        try dataset.root.forEachArray { _, array in
            try array.chunks.forEachRun { start, manifest in
                runs += 1
                // A grid may have more positions than can be gone through.
                guard runs < 1000 else { throw KerchunkError(.limit, "too many runs") }
                manifest.forEachPresent { locations.append($1) }
            }
            let middle = array.chunks.grid.count / 2
            for count in [1, 100, 10_000] {
                _ = try array.chunks.rows(middle..<min(middle + UInt64(count), array.chunks.grid.count))
            }
        }
    } catch {
        return nil
    }
    for location in locations {
        if case .range(let source, _) = location { _ = dataset.sources[source] }
        if case .wholeFile(let source) = location { _ = dataset.sources[source] }
    }
    return locations
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    var limits = ReferenceLimits()
    limits.memberSize = 4 << 20
    let isWhole = PackedDataset.recognizes(bytes)
    let codecs = isWhole ? BuiltinCodecs.directory : identity
    guard let text = isWhole ? bytes : framed(bytes.array).map({ Bytes($0) }),
        let opened = try? PackedDataset(
            MemorySource(text), codecs: codecs, cacheSize: 1 << 16, limits: limits),
        let found = references(opened.dataset)
    else { return 0 }
    let output = MemoryUpload()
    guard (try? PackedDatasetWriter(codecs: identity).write(opened.dataset, to: output)) != nil else {
        return 0
    }
    guard let again = try? PackedDataset(MemorySource(Bytes(output.bytes)), codecs: identity) else {
        fatalError("what was written is not read")
    }
    precondition(references(again.dataset) == found, "what was written reads as something else")
    return 0
}
