// SPDX-License-Identifier: Apache-2.0
// The codecs of this module. Settings: docs/codecs.md; how to add one: docs/adding-a-codec.md.

public import KerchunkCodecs
import KerchunkModel

/// What `CodecDirectory` needs.
public enum BuiltinCompression {
    /// A line a codec.
    public static let entries: [CodecEntry] = [
        FixedScaleOffset.entry, Delta.entry, TypeChange.asType, TypeChange.quantize, BitRound.entry,
        PackBits.entry,
        VariableLengthText.entry,
        Deflate.zlib, Deflate.gzip, Zstandard.entry, LZ4.entry, Bzip2.entry, Blosc.entry, Shuffle.entry,
        Fletcher32.entry, Checksum32.crc32, Checksum32.crc32c, Checksum32.adler32,
        LZF.entry, HDF5LZ4.entry, BitShuffle.entry, Szip.entry, NBit.entry, ScaleOffset.entry,
        OddInteger.entry,
        HeapStrings.entry, DeflatedMember.entry,
        PythonOnly.zfp, PythonOnly.blosc2, PythonOnly.jpegls, PythonOnly.lzma, PythonOnly.jenkins,
        Snappy.entry, LZ4Raw.entry,
    ]
}
