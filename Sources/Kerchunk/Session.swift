// SPDX-License-Identifier: Apache-2.0
// What all work of this library is done with.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
import KerchunkReading
public import KerchunkReferences
public import KerchunkScanning
public import KerchunkStorage

/// Formats, forms, stores and codecs, limits, and what stops and counts the work. Users pass their own lists to extend what
/// the library can do; each call of `Kerchunk` takes a session.
public struct Session: Sendable {
    public var formats: [any FormatScanner]
    public var forms: FormDirectory
    public var codecs: CodecDirectory
    public var limits = ScanLimits()
    /// Stops all that is done with this session.
    public var cancellation: Cancellation
    /// Counts what comes over networks.
    public var traffic: Traffic
    private var inputOpener: FileOpener
    private var sourceOpener: FileOpener?
    private var outputOpener: FileOpener?

    public init(
        formats: [any FormatScanner] = BuiltinFormats.all, forms: FormDirectory = BuiltinForms.directory,
        codecs: CodecDirectory = BuiltinCodecs.directory, files: FileOpener = FileOpener(),
        cancellation: Cancellation = Cancellation(), traffic: Traffic = Traffic()
    ) {
        self.formats = formats
        self.forms = forms
        self.codecs = codecs
        self.cancellation = cancellation
        self.traffic = traffic
        inputOpener = files
    }

    /// Opens inputs.
    public var files: FileOpener {
        get { ours(inputOpener) }
        set { inputOpener = newValue }
    }

    /// Opens the files that references name: as inputs, unless it is set.
    public var sources: FileOpener {
        get { ours(sourceOpener ?? inputOpener) }
        set { sourceOpener = newValue }
    }

    /// Reaches the stores that outputs go to: as inputs, unless it is set.
    public var outputs: FileOpener {
        get { ours(outputOpener ?? inputOpener) }
        set { outputOpener = newValue }
    }

    private func ours(_ opener: FileOpener) -> FileOpener {
        var opener = opener
        opener.access.cancellation = cancellation
        opener.access.traffic = traffic
        return opener
    }

    /// Options that formats have of their own; formats may share one, which they then declare alike.
    public var formatOptions: [any DeclaredOption] {
        var names: Set<String> = []
        return formats.flatMap(\.format.options).filter { names.insert($0.name).inserted }
    }

    // MARK: What is at a location

    /// Opens the file at `location`, as a user gave it, behind a cache of its blocks.
    func open(_ location: String) throws -> any ByteSource {
        if try LocationChain(location)?.steps.isEmpty != false,
            case .local(let path) = Location(LocationChain.outerFile(of: location)),
            Platform.statusIfAny(path)?.isDirectory == true
        {
            throw GivenDirectory(path, self).refusal
        }
        return try files.open(location)
    }

    /// What is at `location`: a file, or a folder of a known format.
    /// - Throws: where it is neither.
    func target(at location: String) throws -> Target {
        do {
            return .file(try open(location))
        } catch {
            // Servers say in many ways that it is a folder.
            let failure = KerchunkError(wrapping: error)
            guard [.notFound, .permission, .input].contains(failure.kind),
                let folder = try? scannableFolder(at: location)
            else { throw failure }
            return folder
        }
    }

    /// The folder at `location`, where it is of a known format.
    func scannableFolder(at location: String) throws -> Target? {
        guard formats.contains(where: \.format.takesFolders), let folder = try files.folder(at: location)
        else { return nil }
        var probe = try Probe(folder)
        return try probe.recognized(among: formats) == nil ? nil : folder
    }

    // MARK: What the layers below ask for

    /// What forms need to open sets.
    package func reading(sharing shared: SharedReading = SharedReading()) -> ReferenceReading {
        ReferenceReading(codecs: codecs, shared: shared, cancellation: cancellation) {
            try FileOpener().openSource($0)
        }
    }

    /// What forms need to write sets.
    package func writing(_ options: SavingOptions, overwrite: Bool = false) -> ReferenceWriting {
        var writing = ReferenceWriting(options, codecs: codecs)
        writing.overwrites = overwrite
        writing.cancellation = cancellation
        writing.replacing = refuseToReplaceData
        return writing
    }

    /// Opens the files that references name.
    /// - Parameter checksStamps: whether a file that is no longer what was recorded is an error.
    func sourceReader(checksStamps: Bool = true) -> SourceReader {
        let files = sources.ofReferences
        return SourceReader(checksStamps: checksStamps) { try files.openSource($0) }
    }

    /// Decodes the arrays of references.
    func arrayReader() -> ArrayReader { ArrayReader(codecs: codecs, sources: sourceReader()) }
}
