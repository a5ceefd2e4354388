// SPDX-License-Identifier: Apache-2.0
// Files that are inputs of a combination: scanned, unless what an earlier attempt or another process found is there.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkScanning
import KerchunkStorage

struct ScannedFiles: Sendable {
    private let options: ScanOptions
    let files: FileOpener
    let packed: PackedDatasetReader
    let cancellation: Cancellation

    init(
        options: ScanOptions, files: FileOpener, packed: PackedDatasetReader, cancellation: Cancellation
    ) {
        var options = options
        // Whether some input has each of them is seen when all are known.
        options.allowsUnmatchedNames = true
        self.options = options
        self.files = files
        self.packed = packed
        self.cancellation = cancellation
    }

    struct Found: Sendable {
        let opened: OpenedDataset
        /// The packed file that holds it; nil where it is in memory, or was a reference set anyway.
        let path: String?
        /// Whether it was there before.
        let wasKept: Bool
    }

    /// What must be the same for a scan to be the same.
    private func identity(of location: String, _ stamp: SourceStamp) -> String {
        "\(Kerchunk.version) \(absolutePath(location)) \(stamp) \(options)"
    }

    /// The state of a file; empty where it is not known.
    /// - Parameter asks: whether servers are asked, too.
    func stamp(of location: String, asks: Bool) throws(KerchunkError) -> SourceStamp {
        guard asks, Location.isRemote(location) else {
            return CombineRun.stamp(of: location, isParquet: false)
        }
        do {
            return try files.stoppable(by: cancellation).openSource(location).stamp
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }

    /// - Parameters:
    ///   - stamp: the state of the file, by which what was found before is known.
    ///   - place: the packed file for a key; nil where nothing is kept.
    func open(
        _ location: String, _ stamp: SourceStamp, place: (_ key: String) throws(KerchunkError) -> String?
    ) throws(KerchunkError) -> Found {
        let identity = identity(of: location, stamp)
        var fingerprint = Fingerprint()
        fingerprint.combine(identity)
        let kept = try place(fingerprint.text)
        if let kept, Platform.exists(kept), let known = try? packed.open(kept),
            known.note["identity"] == .string(identity)
        {
            let opened = OpenedDataset(
                dataset: known.dataset, issues: known.issues, format: "packed")
            return Found(opened: opened, path: kept, wasKept: true)
        }
        let opened = try Kerchunk.open(
            location, options: options,
            environment: ScanEnvironment(cancellation: cancellation, files: files))
        guard let kept, !opened.isReferences else { return Found(opened: opened, path: nil, wasKept: false) }
        try Kerchunk.save(
            opened.dataset, asPacked: kept, issues: opened.issues,
            note: ["identity": .string(identity)], overwrite: true, cancellation: cancellation)
        return Found(opened: opened, path: kept, wasKept: false)
    }
}

extension CombineRun {
    /// The state of a reference set.
    static func stamp(of location: String, _ opened: OpenedDataset) -> SourceStamp {
        Location.isRemote(location)
            ? opened.stamp : stamp(of: location, isParquet: opened.format == "kerchunk Parquet")
    }

    /// The state of a reference set or file; empty where it is not known.
    static func stamp(of location: String, isParquet: Bool) -> SourceStamp {
        guard case .local(let path) = Location(LocationChain.outerFile(of: location)),
            let status = Platform.statusIfAny(isParquet ? path + "/.zmetadata" : path)
        else { return SourceStamp() }
        return SourceStamp(size: status.size, modificationTime: status.modificationTime)
    }
}
