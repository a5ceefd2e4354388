// SPDX-License-Identifier: Apache-2.0
// Anything that is a dataset: a file of a known format, or references to one.

import KerchunkArchives
import KerchunkBytes
public import KerchunkModel
public import KerchunkReferences
public import KerchunkScanning
public import KerchunkStorage

extension Kerchunk {
    /// Scans the file at `location`, or reads it where it is a reference set of any form.
    public static func open(
        _ location: String, options: ScanOptions = ScanOptions(),
        session: Session = Session()
    ) throws(KerchunkError) -> Opened {
        try opening(location, session, SharedReading()) { target, probe in
            if case .file(let source) = target,
                session.forms.form(ofFileStartingWith: probe.start) != nil
            {
                return try openReferences(source, probe, origin: location, session, SharedReading())
            }
            return Opened(
                try scan(probe, target, options: options, session: session, origin: location))
        }
    }

    /// Opens the reference set at `location`, in any form; other files are refused.
    /// - Parameter shared: what sets share that are open together; nil for one that stands alone.
    public static func openReferences(
        _ location: String, sharing shared: SharedReading? = nil, session: Session = Session()
    ) throws(KerchunkError) -> Opened {
        var session = session
        session.formats.removeAll(where: \.format.takesFolders)
        let shared = shared ?? SharedReading()
        return try opening(location, session, shared) { [session] target, probe in
            try openReferences(try target.file(), probe, origin: location, session, shared)
        }
    }

    /// Opens the reference set that is the file `source`.
    public static func openReferences(
        _ source: any ByteSource, session: Session = Session()
    ) throws(KerchunkError) -> Opened {
        do {
            let opened = try openReferences(
                source, try Probe(.file(source)), origin: nil, session, SharedReading())
            if let origin = source.placement?.url {
                try session.files.trust.check(opened.dataset, from: origin)
            }
            return opened
        } catch {
            throw KerchunkError(wrapping: error).locating(url: source.name)
        }
    }

    // MARK: What is at a location

    /// Opens the set that is the folder `location`, or does `read` with the file that it is, or with a folder of some format.
    private static func opening(
        _ location: String, _ session: Session, _ shared: SharedReading,
        read: (Target, Probe) throws -> Opened
    ) throws(KerchunkError) -> Opened {
        do {
            let outer = LocationChain.outerFile(of: location)
            let isMember = try LocationChain(location).map { !$0.steps.isEmpty } ?? false
            var mayBeFolder = false
            switch Location(outer) {
            case .local(let path) where !isMember:
                if Platform.statusIfAny(path)?.isDirectory == true {
                    if let target = try session.scannableFolder(at: location) {
                        return try read(target, try Probe(target))
                    }
                    return try folder(location, session, shared)
                }
            case .remote(_, let url) where !isMember:
                let isNamed =
                    session.forms.folderForm(named: String(url.prefix { $0 != "?" })) != nil
                if isNamed { return try folder(location, session, shared) }
                mayBeFolder = true
            default: break
            }
            let (target, probe): (Target, Probe)
            do {
                target = try session.target(at: location)
                probe = try Probe(target)
            } catch {
                // Servers say in many ways that it is a folder.
                let failure = KerchunkError(wrapping: error)
                guard mayBeFolder, [.notFound, .permission, .input].contains(failure.kind),
                    let set = try? folder(location, session, shared)
                else { throw failure }
                return set
            }
            return try read(target, probe)
        } catch {
            throw notingPattern(KerchunkError(wrapping: error), location).locating(url: location)
        }
    }

    /// Opens the set that is a folder: the first form that finds one of its files beneath.
    private static func folder(
        _ location: String, _ session: Session, _ shared: SharedReading
    ) throws -> Opened {
        let forms = session.forms.folderForms
        for form in forms {
            var reading = session.reading(sharing: shared)
            if SourceTrust.isForeign(location) {
                let trust = session.files.trust
                reading.admit = { (url) throws(KerchunkError) in try trust.admit(url) }
            }
            let place = try folderPlace(location, for: form, session.files)
            do {
                return try form.open(place, reading).notingTruncation()
            } catch {
                guard error.kind == .notFound else { throw error }
            }
        }
        if case .local(let path) = Location(LocationChain.outerFile(of: location)) {
            throw GivenDirectory(path, session).refusalOfReferences
        }
        throw KerchunkError(.notFound, GivenDirectory.lack(of: forms), url: location)
    }

    private static func folderPlace(
        _ location: String, for form: any ReferenceForm, _ files: FileOpener
    ) throws -> ReferencePlace {
        switch Location(LocationChain.outerFile(of: location)) {
        case .local(let path): return .folder(LocalDirectory(path), name: path)
        case .remote(let scheme, let url):
            var access = files.access
            access.firstRead = form.firstRead ?? access.firstRead
            return .folder(StoreFolder(url, in: try files.stores.store(scheme, access)), name: url)
        }
    }

    private static func openReferences(
        _ source: any ByteSource, _ probe: Probe, origin: String?, _ session: Session,
        _ shared: SharedReading
    ) throws -> Opened {
        guard let form = session.forms.form(ofFileStartingWith: probe.start) else {
            if let error = archiveError(probe.start, source) { throw error }
            throw try GivenFile.refusalOfReferences(probe, session.formats)
        }
        var path: String?
        if let origin, case .local(let file) = Location(origin) { path = file }
        let opened: Opened
        do throws(KerchunkError) {
            opened = try form.open(.file(source, path: path), session.reading(sharing: shared))
        } catch {
            let start = probe.start[0..<min(probe.start.count, 8)].array
            guard error.kind == .malformed, let tool = CompressedFile.tool(ofFileStartingWith: start)
            else { throw error }
            throw KerchunkError(
                .unrecognized,
                "the file is compressed and contains no JSON references; a data file can be scanned when it is "
                    + "decompressed (\(tool))")
        }
        if let origin { try session.files.trust.check(opened.dataset, from: origin) }
        return opened.notingTruncation()
    }
}

extension Opened {
    /// What a scan found.
    public init(_ result: ScanResult) {
        self.init(result.dataset, issues: result.issues, from: .scan(format: result.format.name))
        notes = result.notes
    }
}
