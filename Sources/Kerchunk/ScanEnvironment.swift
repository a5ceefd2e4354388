// SPDX-License-Identifier: Apache-2.0
// What a scan works with, beside its options.

public import KerchunkCodecs
import KerchunkModel
public import KerchunkScanning
public import KerchunkStorage

/// Formats, codecs and limits; users pass their own lists to extend them.
public struct ScanEnvironment: Sendable {
    public var formats: [any FormatScanner]
    public var codecs: CodecDirectory
    public var limits: ScanLimits
    public var cancellation: Cancellation
    private var opener: FileOpener

    public init(
        formats: [any FormatScanner] = BuiltinFormats.all, codecs: CodecDirectory = BuiltinCodecs.directory,
        limits: ScanLimits = ScanLimits(), cancellation: Cancellation = Cancellation(),
        files: FileOpener = FileOpener()
    ) {
        self.formats = formats
        self.codecs = codecs
        self.limits = limits
        self.cancellation = cancellation
        opener = files
    }

    /// What is at `location`: a file, or a folder of a known format.
    /// - Throws: where it is neither.
    func target(at location: String) throws -> Target {
        do {
            return .file(try files.open(location))
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

    /// Opens files; stops where the scan is to stop.
    public var files: FileOpener {
        get { opener.stoppable(by: cancellation) }
        set { opener = newValue }
    }
}
