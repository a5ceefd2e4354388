// SPDX-License-Identifier: Apache-2.0
// The codecs that come with this package.

public import KerchunkCodecs
import KerchunkCompression
import KerchunkGRIBPacking

public enum BuiltinCodecs {
    /// By id, as numcodecs names them; ids of our own start with `swift_kerchunk.`.
    public static let directory = CodecDirectory(BuiltinCompression.entries + BuiltinGRIBPacking.entries)
}
