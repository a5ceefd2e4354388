// SPDX-License-Identifier: Apache-2.0
// Files that are inputs of a combination: scanned, unless what an earlier attempt or another process found is there.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkScanning
import KerchunkStorage

struct ScannedFiles: Sendable {
    private let options: ScanOptions
    private let packed: PackedDatasetReader
    private let session: Session

    init(options: ScanOptions, packed: PackedDatasetReader, session: Session) {
        var options = options
        // Whether some input has each of them is seen when all are known.
        options.allowsUnmatchedNames = true
        self.options = options
        self.packed = packed
        self.session = session
    }

    /// A reader of packed files, which keeps few of them open however many they are.
    static func reader(_ session: Session) throws(KerchunkError) -> PackedDatasetReader {
        try PackedDatasetReader(codecs: session.codecs) { try FileOpener().openSource($0) }
    }

    /// The packed file that holds a scan.
    struct Kept: Sendable {
        let path: String
        /// Whether it was there before.
        let wasThere: Bool
    }

    /// What must be the same for a scan to be the same.
    private func identity(of location: String, _ stamp: SourceStamp) -> String {
        "\(Kerchunk.version) \(absolutePath(location)) \(stamp) \(JSONValue.object(options.json).serialized())"
    }

    /// The state of a file; empty where it is not known.
    /// - Parameter asks: whether servers are asked, too.
    func stamp(of location: String, asks: Bool) throws(KerchunkError) -> SourceStamp {
        guard asks, Location.isRemote(location) else { return CombineRun.stamp(of: location) }
        do {
            return try session.files.openSource(location).stamp
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }

    /// - Parameters:
    ///   - stamp: the state of the file, by which what was found before is known.
    ///   - place: the packed file for a key; nil where nothing is kept.
    /// - Returns: the dataset, and the file that holds it: nil where it is in memory, or was a reference set anyway.
    func open(
        _ location: String, _ stamp: SourceStamp, place: (_ key: String) throws(KerchunkError) -> String?
    ) throws(KerchunkError) -> (opened: Opened, kept: Kept?) {
        let identity = identity(of: location, stamp)
        var fingerprint = Fingerprint()
        fingerprint.combine(identity)
        let kept = try place(fingerprint.text)
        if let kept, Platform.exists(kept), let known = try? packed.open(kept),
            known.note["identity"] == .string(identity)
        {
            return (known, Kept(path: kept, wasThere: true))
        }
        let opened = try Kerchunk.open(location, options: options, session: session)
        guard let kept, opened.form == nil else { return (opened, nil) }
        try Kerchunk.save(
            opened.dataset, to: kept, as: PackedForm(), issues: opened.issues,
            note: ["identity": .string(identity)], overwrite: true, session: session)
        return (opened, Kept(path: kept, wasThere: false))
    }
}

extension CombineRun {
    /// The state of a reference set or file.
    static func stamp(of location: String, _ opened: Opened) -> SourceStamp {
        Location.isRemote(location) ? opened.stamp : stamp(of: location, form: opened.form)
    }

    /// The state of a reference set of this form, or of a file; empty where it is not known.
    static func stamp(of location: String, form: (any ReferenceForm)? = nil) -> SourceStamp {
        guard case .local(let path) = Location(LocationChain.outerFile(of: location)) else {
            return SourceStamp()
        }
        let files = (form?.markers).flatMap { $0.isEmpty ? nil : $0.map { path + "/" + $0 } } ?? [path]
        guard let status = files.lazy.compactMap({ Platform.statusIfAny($0) }).first else {
            return SourceStamp()
        }
        return SourceStamp(size: status.size, modificationTime: status.modificationTime)
    }
}
