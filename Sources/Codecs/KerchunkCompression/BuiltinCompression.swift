// SPDX-License-Identifier: Apache-2.0
// The codecs of this module, by id. Settings: docs/codecs.md.

public import KerchunkCodecs
import KerchunkModel

public enum BuiltinCompression {
    /// What `CodecDirectory` needs, a line a codec.
    public static let makers: [String: CodecDirectory.Maker] = [
        "zlib": { settings throws(KerchunkError) in try Deflate(.zlib, settings) },
        "gzip": { settings throws(KerchunkError) in try Deflate(.gzip, settings) },
        DeflatedMember.id: { _ in DeflatedMember() },
        "zstd": { settings throws(KerchunkError) in try Zstandard(settings) },
        "lz4": { settings throws(KerchunkError) in try LZ4(settings) },
        "bz2": { settings throws(KerchunkError) in try Bzip2(settings) },
        "blosc": { settings throws(KerchunkError) in try Blosc(settings) },
        "shuffle": { settings throws(KerchunkError) in try Shuffle(settings) },
        "fletcher32": { _ in Fletcher32() },
        "vlen-utf8": { _ in VariableLengthText() },
        Snappy.id: { _ in Snappy() },
        LZ4Raw.id: { _ in LZ4Raw() },
        LZF.id: { _ in LZF() },
        HDF5LZ4.id: { settings throws(KerchunkError) in try HDF5LZ4(settings) },
        BitShuffle.id: { settings throws(KerchunkError) in try BitShuffle(settings) },
        Szip.id: { settings throws(KerchunkError) in try Szip(settings) },
        HeapStrings.id: { settings throws(KerchunkError) in try HeapStrings(settings) },
        OddInteger.id: { settings throws(KerchunkError) in try OddInteger(settings) },
        NBit.id: { settings throws(KerchunkError) in try NBit(settings) },
        ScaleOffset.id: { settings throws(KerchunkError) in try ScaleOffset(settings) },
    ]
}
