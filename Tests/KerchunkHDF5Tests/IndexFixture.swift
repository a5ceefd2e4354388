// SPDX-License-Identifier: Apache-2.0
// Files in memory that hold nothing but the structures of a chunk index.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit

@testable import KerchunkHDF5

/// Structures at chosen addresses of a file, with 8-byte offsets and lengths.
struct IndexFixture {
    private(set) var bytes: [UInt8]

    init(size: Int) { bytes = [UInt8](repeating: 0xEE, count: size) }

    /// Writes a structure at `address`.
    mutating func put(at address: Int, _ fill: (inout ByteBuilder) -> Void) {
        var builder = ByteBuilder()
        fill(&builder)
        bytes.replaceSubrange(address..<address + builder.bytes.count, with: builder.bytes)
    }

    /// Writes a structure and its checksum behind it.
    mutating func putChecked(at address: Int, _ fill: (inout ByteBuilder) -> Void) {
        put(at: address) { builder in
            fill(&builder)
            builder.uint32(lookup3(builder.built))
        }
    }

    func source(url: String? = "file.h5") -> MemorySource { MemorySource(Bytes(bytes), url: url) }

    func file(baseAddress: UInt64 = 0, limits: ScanLimits = ScanLimits()) -> HDF5File {
        HDF5File(source: source(), sizes: FieldSizes(), baseAddress: baseAddress, limits: limits)
    }

    /// The entries of one dataset.
    func entries(_ dataset: DatasetHeader) throws -> ChunkEntries {
        try file().chunkEntries(of: [dataset])[0].get()
    }
}

extension DatasetHeader {
    /// A chunked dataset of 4-byte elements.
    static func chunked(
        _ shape: [UInt64], by chunkShape: [UInt64], maximum: [UInt64?]? = nil, isFiltered: Bool = false,
        _ index: ChunkIndex
    ) -> DatasetHeader {
        let layout = ChunkedLayout(
            chunkShape: chunkShape, elementSize: 4, leavesPartialEdgesUnfiltered: false, index: index)
        return plain(shape, maximum: maximum, isFiltered: isFiltered, .chunked(layout))
    }

    static func plain(
        _ shape: [UInt64], maximum: [UInt64?]? = nil, isFiltered: Bool = false, _ layout: DataLayout
    ) -> DatasetHeader {
        DatasetHeader(
            dataspace: Dataspace(
                kind: shape.isEmpty ? .scalar : .simple, dimensions: shape,
                maximum: maximum ?? shape.map { $0 }),
            datatype: .opaque(size: 4, tag: ""), fillValue: FillValueMessage(value: .standard),
            layout: layout,
            filters: isFiltered ? [Filter(id: 1, name: nil, isOptional: false, clientData: [1])] : [],
            externalFiles: [])
    }
}

extension ChunkEntries {
    /// Positions and places of all chunks, as text that tests can write out: `3: 100+16`.
    var listing: [String] {
        var lines: [String] = []
        manifest.manifest.forEachPresent { position, location in
            switch location {
            case .range(let source, let range):
                lines.append(
                    "\(position): \(range.offset)+\(range.count)"
                        + (source.row == 0 ? "" : " of \(source.row)"))
            case .inline(let bytes): lines.append("\(position): \(bytes.array)")
            default: lines.append("\(position): ?")
            }
        }
        return lines
    }
}

/// Checks that every prefix of `bytes` that is too short throws, and never traps.
func everyPrefixThrows<R>(
    of bytes: [UInt8], _ parse: (inout ByteCursor) throws(ParseError) -> R
) -> Bool {
    for length in bytes.indices {
        do throws(ParseError) {
            _ = try Bytes(bytes[..<length]).parse(at: 0, in: "prefix", parse)
            return false
        } catch {}
    }
    return true
}
