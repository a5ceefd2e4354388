// SPDX-License-Identifier: Apache-2.0
// Codecs that references name and only packages of Python decode.

import KerchunkCodecs
import KerchunkModel

enum PythonOnly {
    static let zfp = CodecEntry(
        "swift_kerchunk.zfp", .bytesToBytes,
        "ZFP, HDF5 filter 32013; the Python package imagecodecs (or zfpy) decodes it.",
        v3Name: .same("swift_kerchunk.zfp"), reader: .otherPackage("imagecodecs", class: "ZFP"), maker: nil)
    static let blosc2 = CodecEntry(
        "swift_kerchunk.blosc2", .bytesToBytes,
        "Blosc 2 frames, HDF5 filter 32026; the Python package blosc2 decodes them.",
        v3Name: .same("swift_kerchunk.blosc2"), reader: .otherPackage("blosc2", class: "Blosc2"), maker: nil)
    static let jpegls = CodecEntry(
        "swift_kerchunk.jpegls", .bytesToBytes,
        "JPEG-LS, HDF5 filter 32018 (FCIDECOMP); the Python package imagecodecs decodes it.",
        v3Name: .same("swift_kerchunk.jpegls"), reader: .otherPackage("imagecodecs", class: "JPEGLS"),
        maker: nil)
    static let lzma = CodecEntry.numcodecs("lzma", .bytesToBytes, encodingSettings: .all, maker: nil)
    static let jenkins = CodecEntry.numcodecs("jenkins_lookup3", .bytesToBytes, maker: nil)
}
