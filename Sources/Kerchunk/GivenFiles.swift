// SPDX-License-Identifier: Apache-2.0
// What a file or directory is, for whoever gave it to what cannot use it, and what can.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkScanning
import KerchunkStorage

/// Names files by how they start.
enum GivenFile {
    /// Formats that are not scanned, by their first bytes: `GRIB` and `BUFR` also behind a bulletin's header.
    private static let signatures: [(bytes: [UInt8], name: String)] = [
        (Array("GRIB".utf8), "a GRIB file"), (Array("BUFR".utf8), "a BUFR file"),
        ([0x49, 0x49, 0x2A, 0x00], "a TIFF file"), ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF file"),
        ([0x49, 0x49, 0x2B, 0x00], "a BigTIFF file"), ([0x4D, 0x4D, 0x00, 0x2B], "a BigTIFF file"),
        ([0x0E, 0x03, 0x13, 0x01], "an HDF4 file"), (Array("SIMPLE  =".utf8), "a FITS file"),
        ([0xCD, 0xF3, 0x00, 0x01], "a NASA CDF file"),
        ([0xCD, 0xF2, 0x60, 0x02], "a NASA CDF file"),
        ([0x00, 0x00, 0xFF, 0xFF], "a NASA CDF file"),
        ([0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20], "a JPEG 2000 file"),
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A], "a PNG image"), ([0xFF, 0xD8, 0xFF], "a JPEG image"),
        ([0x93] + Array("NUMPY".utf8), "a numpy file"), (Array("MATLAB 5.0 MAT".utf8), "a MATLAB file"),
        (Array("PAR1".utf8), "a single Parquet file"), (Array("ARROW1".utf8), "an Arrow file"),
        (Array("%PDF".utf8), "a PDF document"),
    ]
    /// Bytes that a bulletin's header takes at most.
    private static let bulletinHeader = 256

    /// What a file is that no scanner knows: `a GRIB file`; nil where that is not known.
    static func name(_ start: Bytes) -> String? {
        let bytes = start[0..<min(start.count, bulletinHeader)].array
        if let found = signatures.first(where: { bytes.starts(with: $0.bytes) }) { return found.name }
        for (signature, name) in signatures.prefix(2) {
            for position in bytes.indices.dropLast(7)
            where bytes[position...].starts(with: signature) && bytes[position + 7] <= 4 {
                return name
            }
        }
        return nil
    }

    /// The error for a file that a scan cannot use though it is known; nil where it is not known.
    static func refusalOfScan(_ start: Bytes, _ session: Session) -> KerchunkError? {
        if session.forms.isCertainlyReferences(start) {
            return KerchunkError(
                .unrecognized,
                "this is already a reference set, not a data file; \"kerchunk inspect\" shows it, "
                    + "\"kerchunk convert\" and \"kerchunk combine\" take it")
        }
        guard let name = name(start) else { return nil }
        return KerchunkError(
            .unsupported,
            "this is \(name), which is not supported yet; supported formats: \(formatNames(session.formats))")
    }

    /// The error for a file that is no reference set.
    static func refusalOfReferences(
        _ probe: Probe, _ formats: [any FormatScanner]
    ) throws -> KerchunkError {
        var probe = probe
        let name = name(probe.start)
        // What has a name needs no further look.
        let scanner = try probe.recognized(among: formats) {
            if let name { throw unsupportedReferences(name) }
        }
        if let scanner {
            return KerchunkError(
                .unrecognized,
                "this is a data file (\(scanner.format.name)), not a reference set: "
                    + "\"kerchunk scan\" makes one of it, and \"kerchunk build\" scans and combines many files"
            )
        }
        if let name { return unsupportedReferences(name) }
        return KerchunkError(
            .unrecognized,
            (probe.start.isEmpty ? "the file is empty, so it is" : "this is")
                + " not a reference set: expected JSON "
                + "that starts with \"{\", a packed dataset, or a directory with \".zmetadata\"")
    }

    private static func unsupportedReferences(_ name: String) -> KerchunkError {
        KerchunkError(
            .unsupported,
            "this is \(name), not a reference set, and files of this kind cannot be scanned yet")
    }

    static func formatNames(_ formats: [any FormatScanner]) -> String {
        formats.map(\.format.name).joined(separator: ", ")
    }
}

/// A directory of this machine, named by what is in it.
struct GivenDirectory {
    private let path: String
    private let forms: FormDirectory
    /// Endings of data files.
    private let dataEndings: [String]
    private static let zarrDocuments: Set<String> = [".zgroup", ".zarray", ".zmetadata", "zarr.json"]

    init(_ path: String, _ session: Session) {
        self.path = path
        forms = session.forms
        dataEndings = Kerchunk.distinct(session.formats.flatMap(\.format.endings))
    }

    /// What is said where a file was expected.
    var refusal: KerchunkError {
        KerchunkError(.input, "this is a directory, not a file; " + remedy(wanted: dataEndings), url: path)
    }

    /// What is said where a reference set was expected, and nothing in the directory tells one.
    var refusalOfReferences: KerchunkError {
        KerchunkError(
            .notFound,
            Self.lack(of: forms.folderForms) + "; " + remedy(wanted: ["json"] + dataEndings), url: path)
    }

    /// What no set of `forms` is without.
    static func lack(of forms: [any ReferenceForm]) -> String {
        forms.map { form in
            let files = form.markers.map { "\"\($0)\"" }.joined(separator: " or ")
            return "there is no \(files) in it, so this is not a reference set in \(form.name)"
        }.joined(separator: "; ")
    }

    private func remedy(wanted endings: [String]) -> String {
        let names = (try? Platform.list(path)) ?? []
        let folder = LocalDirectory(path)
        if let form = forms.folderForms.first(where: { $0.recognizes(folder) }) {
            return
                "it is a reference set in \(form.name), which \"kerchunk inspect\", \"kerchunk convert\" and "
                + "\"kerchunk combine\" take"
        }
        if names.contains(where: Self.zarrDocuments.contains) {
            return "it is a Zarr store, which needs no references: open it directly with zarr or xarray"
        }
        let base = path.hasSuffix("/") ? path : path + "/"
        for ending in endings {
            let count = names.count { $0.lowercased().hasSuffix("." + ending) }
            if count > 0 {
                return
                    "it has \(count) \(count == 1 ? "file" : "files") that match the pattern '\(base)*.\(ending)'"
            }
        }
        return names.isEmpty
            ? "it is empty" : "name the files in it, or give a pattern such as '\(base)**/*.\(endings[0])'"
    }
}

/// Says of a name that is not there, and could be a pattern, that one file is expected.
func notingPattern(_ error: KerchunkError, _ location: String) -> KerchunkError {
    guard error.kind == .notFound, StorePattern.isPattern(location), !location.hasPrefix("http") else {
        return error
    }
    var noted = error
    noted.message +=
        "; as a pattern it may match many files, but one is expected: \"kerchunk build\" and \"kerchunk combine\" take "
        + "patterns"
    return noted
}
