// SPDX-License-Identifier: Apache-2.0
// What may be at the place of an output, and must not be lost for it.

import KerchunkModel
import KerchunkScanning
import KerchunkStorage

extension Kerchunk {
    /// Files that hold data and are not scanned, by how they begin: a reference set in JSON never begins so.
    private static let otherData: [(start: [UInt8], name: String)] = [
        (Array("GRIB".utf8), "GRIB"), (Array("BUFR".utf8), "BUFR"), (Array("SIMPLE  =".utf8), "FITS"),
        ([0x0e, 0x03, 0x13, 0x01], "HDF4"), ([0x49, 0x49, 0x2a, 0x00], "TIFF"),
        ([0x4d, 0x4d, 0x00, 0x2a], "TIFF"), ([0x49, 0x49, 0x2b, 0x00], "BigTIFF"),
        ([0x4d, 0x4d, 0x00, 0x2b], "BigTIFF"), ([0x50, 0x4b, 0x03, 0x04], "ZIP"),
        (Array("PAR1".utf8), "Parquet"), ([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "numpy"),
        (Array("BZh".utf8), "bzip2"), ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz"),
        (Array("SQLite format 3".utf8), "SQLite"), ([0x89, 0x50, 0x4e, 0x47], "PNG"),
        ([0xff, 0xd8, 0xff], "JPEG"), (Array("%PDF".utf8), "PDF"), ([0x7f, 0x45, 0x4c, 0x46], "ELF"),
    ]

    /// Throws where the output at `path` is a file of this machine that holds data, as no reference set does: it was
    /// hardly meant.
    static func refuseToReplaceData(_ path: String) throws(KerchunkError) {
        guard Platform.statusIfAny(path)?.isRegular == true else { return }
        do {
            try refuseToReplaceData(LocalFile(path))
        } catch {
            throw KerchunkError(wrapping: error).locating(url: path)
        }
    }

    /// The same for an object in a store; nothing may be there.
    static func refuseToReplaceData(_ url: String, files: FileOpener) throws(KerchunkError) {
        do {
            try refuseToReplaceData(files.openSource(url))
        } catch {
            let failure = KerchunkError(wrapping: error).locating(url: url)
            if failure.kind != .notFound { throw failure }
        }
    }

    private static func refuseToReplaceData(_ source: any ByteSource) throws {
        let probe = try FormatProbe(source)
        let scanned = BuiltinFormats.all.first { type(of: $0).recognizes(probe) }
        guard
            let format = scanned.map({ type(of: $0).formatName })
                ?? otherData.first(where: { probe.starts(with: $0.start) })?.name
        else { return }
        throw KerchunkError(
            .output,
            "the output exists and is a file of the format \(format), which holds data; it is not replaced, "
                + "so choose another place")
    }
}
