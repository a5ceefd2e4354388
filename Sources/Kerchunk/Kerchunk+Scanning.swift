// SPDX-License-Identifier: Apache-2.0
// Files in, virtual datasets out.

import KerchunkArchives
import KerchunkBytes
public import KerchunkModel
public import KerchunkScanning
public import KerchunkStorage

extension Kerchunk {
    /// Locates the chunks of the file at `location`, a path or URL.
    /// - Throws: where nothing of the file can be had; trouble in one variable is an issue of the result.
    public static func scan(
        _ location: String, options: ScanOptions = ScanOptions(),
        session: Session = Session()
    ) throws(KerchunkError) -> ScanResult {
        do {
            try session.cancellation.check()
            return try scan(
                try session.target(at: location), options: options, session: session,
                origin: location)
        } catch {
            throw notingPattern(KerchunkError(wrapping: error), location).locating(url: location)
        }
    }

    /// Locates the chunks of the file `source`.
    /// - Parameter origin: where the file is, for others that it names; such files are not opened where it is nil.
    public static func scan(
        _ source: any ByteSource, options: ScanOptions = ScanOptions(),
        session: Session = Session(), origin: String? = nil
    ) throws(KerchunkError) -> ScanResult {
        try scan(.file(source), options: options, session: session, origin: origin)
    }

    /// Locates the chunks of `target`.
    /// - Parameter origin: where the target is, for files that it names; such files are not opened where it is nil.
    public static func scan(
        _ target: Target, options: ScanOptions = ScanOptions(),
        session: Session = Session(), origin: String? = nil
    ) throws(KerchunkError) -> ScanResult {
        do {
            return try scan(
                try Probe(target), target, options: options, session: session, origin: origin)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: target.name)
        }
    }

    /// Locates the chunks of `target`, of which `probe` was made.
    static func scan(
        _ probe: Probe, _ target: Target, options: ScanOptions, session: Session, origin: String?
    ) throws(KerchunkError) -> ScanResult {
        do {
            let (scanner, target) = try recognize(probe, of: target, session)
            var context = ScanContext(
                options: options, limits: session.limits, codecs: session.codecs,
                cancellation: session.cancellation)
            if let origin {
                let opener = NamedFileOpener(
                    origin: origin, followsExternal: options.followsExternal, session: session)
                context.openNamed = { try opener.open($0) }
            }
            do {
                var result = try scanner.scan(target, in: context)
                if options.codecs == .auto {
                    result.notes += ReaderNeeds(result.dataset, session.codecs).notes
                }
                if case .file(let source) = target {
                    result.issues += try SourceProspects.issues(result.dataset, scanned: source)
                }
                // Who salvages has asked for what is left.
                if options.salvages {
                    for index in result.issues.indices { result.issues[index].isDamage = false }
                }
                result.unmatchedNames = VariableSelection(options).unmatched(
                    by: result.dataset, result.issues)
                let isEnough = options.allowsUnmatchedNames && result.unmatchedNames != options.included
                if let name = result.unmatchedNames.first, !isEnough {
                    throw unmatched(name, by: try names(of: scanner, target, context), options)
                }
                return result
            } catch {
                var failure = KerchunkError(wrapping: error)
                if failure.kind == .notFound, options.group != "/",
                    let hint = groupHint(options.group, scanner, target, context)
                {
                    failure.message = "there is no group \"\(options.group)\"\(hint)"
                }
                throw failure.locating(format: scanner.format.name)
            }
        } catch {
            throw KerchunkError(wrapping: error).locating(url: target.name)
        }
    }

    /// Files that are worked on together where the caller does not say: as many as cores, or 32 where some are remote, as
    /// waiting for answers takes no processor.
    public static func width(for locations: [String]) -> Int {
        locations.contains { Location.isRemote($0) } ? 32 : Platform.coreCount
    }

    /// Scans many files on up to `jobs` threads; `width(for:)` unless given.
    /// - Parameter deliver: gets the index of each location and what came of it, on one of the threads, once each;
    ///   nothing is kept here, so memory does not grow with the number of files.
    public static func scanAll(
        _ locations: [String], options: ScanOptions = ScanOptions(),
        session: Session = Session(), jobs: Int? = nil,
        deliver: @escaping @Sendable (Int, Result<ScanResult, KerchunkError>) -> Void
    ) {
        WorkerPool(width: jobs ?? width(for: locations)).forEach(locations.count) { index in
            let outcome = Result { () throws(KerchunkError) in
                try scan(locations[index], options: options, session: session)
            }
            deliver(index, outcome)
        }
    }

    /// The scanner for `target`, and the target with what was read of it meanwhile.
    /// - Throws: what the target looks like, where no scanner knows it.
    private static func recognize(
        _ probe: Probe, of target: Target, _ session: Session
    ) throws -> (any FormatScanner, Target) {
        let formats = session.formats
        guard case .file(let source) = target else {
            var probe = probe
            if let scanner = try probe.recognized(among: formats) { return (scanner, target) }
            throw KerchunkError(
                .unrecognized,
                "the folder is of unknown format; known formats: \(GivenFile.formatNames(formats))")
        }
        func refuseKnown() throws {
            if let error = archiveError(probe.start, source) { throw error }
            if let error = GivenFile.refusalOfScan(probe.start, session) { throw error }
        }
        // The first member of a TAR archive is where HDF5 has itself behind a user block.
        if !Archive.isTar(probe.start) {
            var probe = probe
            if let scanner = try probe.recognized(among: formats, willLookFurther: refuseKnown) {
                return (scanner, probe.targetOfScan)
            }
        }
        try refuseKnown()
        throw KerchunkError(
            .unrecognized,
            (probe.start.isEmpty
                ? "the file is empty" : "the file is of unknown format: \(beginning(probe.start))")
                + "; known formats: \(GivenFile.formatNames(formats))")
    }

    /// The variables of a file, whatever was asked for.
    private static func names(
        of scanner: any FormatScanner, _ target: Target, _ context: ScanContext
    ) throws -> [String] {
        var context = context
        context.options.included = []
        context.options.excluded = []
        context.options.inlineThreshold = 0
        return try scanner.scan(target, in: context).dataset.root.arrayPaths
    }

    /// What the groups of a file are, for whoever asked for one that is not there; nil where it is there.
    private static func groupHint(
        _ path: String, _ scanner: any FormatScanner, _ target: Target, _ context: ScanContext
    ) -> String? {
        var context = context
        context.options.group = "/"
        context.options.inlineThreshold = 0
        guard let root = try? scanner.scan(target, in: context).dataset.root, root.group(at: path) == nil
        else {
            return nil
        }
        var known: [String] = []
        root.forEachGroup { path, _ in known.append("/" + path) }
        return known.count == 1 ? "; the file has no groups" : NearNames(known).hint(for: path)
    }

    private static func unmatched(_ name: String, by known: [String], _ options: ScanOptions) -> KerchunkError
    {
        KerchunkError(
            options.allowsUnmatchedNames ? .notFound : .usage,
            "no variable matches \"\(name)\"\(NearNames(known).hint(for: name))")
    }

    /// How a file begins, in words.
    private static func beginning(_ start: Bytes) -> String {
        let bytes = start[0..<min(8, start.count)].array
        guard bytes[0] > 0x20, bytes.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x0D })
        else {
            return "it starts with the bytes \(bytes.map { Bytes([$0]).hexadecimal }.joined(separator: " "))"
        }
        let text = String(decoding: bytes.prefix { $0 >= 0x20 }, as: UTF8.self)
        let isPage = ["<!doctyp", "<html"].contains { text.lowercased().hasPrefix($0) }
        return "it is text that starts with \"\(text)\"" + (isPage ? ", a web page" : "")
    }
}
