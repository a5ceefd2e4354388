// SPDX-License-Identifier: Apache-2.0
// Client data of filters that compress bytes, as settings of codecs.
// Spec: szip: HDF5's H5Zszip.c, masks of szlib.h; Blosc: hdf5-blosc's README; bitshuffle: bshuf_h5filter.c.

import KerchunkBytes
import KerchunkModel

extension FilterParameters {
    /// Options, pixels in a block, bits of a pixel, pixels in a scan line.
    func szip() throws(KerchunkError) -> JSONObject {
        let options = try required(0)
        let isBigEndian = options & 16 != 0
        let isNearestNeighbour = options & 32 != 0
        return [
            "coding": isNearestNeighbour ? "nn" : "ec", "byteorder": isBigEndian ? "big" : "little",
            "bits_per_pixel": .number(JSONNumber(try required(2))),
            "pixels_per_block": .number(JSONNumber(try required(1))),
            "pixels_per_scanline": .number(JSONNumber(try required(3))),
        ]
    }

    /// Two versions, element size, chunk size, level, shuffling, compressor.
    func blosc() throws(KerchunkError) -> JSONObject {
        let names = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"]
        let compressor = self[6].map(Int.init) ?? 0
        guard names.indices.contains(compressor) else {
            throw malformed("unknown Blosc compressor number \(compressor)")
        }
        guard names[compressor] != "snappy" else {
            throw KerchunkError(.unsupported, "HDF5 filter 32001 (Blosc) with snappy is not supported")
        }
        let shuffling = self[5] ?? 1
        guard shuffling <= 2 else { throw malformed("unknown Blosc shuffle number \(shuffling)") }
        return [
            "cname": .string(names[compressor]), "clevel": number(4, else: 5),
            "shuffle": .number(.integer(Int64(shuffling))), "blocksize": 0,
        ]
    }

    /// Two versions, element size, elements in a block (0: the filter's choice), compressor, its level.
    func bitshuffle(elementSize: Int) throws(KerchunkError) -> JSONObject {
        let compressor: JSONValue
        switch self[4] ?? 0 {
        case 0: compressor = "none"
        case 2: compressor = "lz4"
        case 3: compressor = "zstd"
        case let other: throw malformed("unknown bitshuffle compressor number \(other)")
        }
        let size = self[2].map(Int64.init) ?? Int64(elementSize)
        return [
            "elementsize": .number(.integer(size)), "blocksize": number(3, else: 0), "compressor": compressor,
        ]
    }

    /// The version of the writer, then the header of ZFP's stream, which the chunks lack.
    func zfp(isBigEndian: Bool) throws(KerchunkError) -> JSONObject {
        // Longer headers do not end at a whole byte, and chunks of big-endian numbers hold others than they say.
        guard count == 4, !isBigEndian else {
            throw KerchunkError(
                .unsupported,
                "HDF5 filter 32013 (ZFP) is not supported "
                    + (isBigEndian ? "for big-endian numbers" : "with this rate or these expert settings"))
        }
        var header: [UInt8] = []
        for index in 1..<4 {
            let word = try required(index)
            for shift in [0, 8, 16, 24] { header.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return ["header": .string(Bytes(header).hexadecimal)]
    }
}
