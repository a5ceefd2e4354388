// SPDX-License-Identifier: Apache-2.0
// The numbered words of Parquet's metadata.
// Spec: parquet-format 2.10, parquet.thrift: Type, Encoding, CompressionCodec, PageType.

package import KerchunkModel

/// How a column's values lie in pages.
package enum PhysicalType: Int, Sendable {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    case int96 = 3
    case float = 4
    case double = 5
    case byteArray = 6
    case fixedByteArray = 7
}

enum Encoding: Int {
    case plain = 0
    case plainDictionary = 2
    case runLength = 3
    case bitPacked = 4
    case deltaPacked = 5
    case deltaLengths = 6
    case deltaBytes = 7
    case dictionary = 8
    case streamSplit = 9
}

/// How pages are compressed.
package enum PageCompression: Int, Sendable {
    case none = 0
    case snappy = 1
    case gzip = 2
    case lzo = 3
    case brotli = 4
    case lz4 = 5
    case zstd = 6
    case lz4Raw = 7

    /// The codec that does it; nil for no compression.
    package var codec: CodecSpec? {
        switch self {
        case .none: nil
        case .snappy: CodecSpec("snappy")
        case .gzip: CodecSpec("gzip")
        case .lzo: CodecSpec("lzo")
        case .brotli: CodecSpec("brotli")
        case .lz4: CodecSpec("lz4_hadoop")
        case .zstd: CodecSpec("zstd")
        case .lz4Raw: CodecSpec("lz4_raw")
        }
    }
}

enum PageKind: Int {
    case data = 0
    case index = 1
    case dictionary = 2
    case dataVersion2 = 3
}
