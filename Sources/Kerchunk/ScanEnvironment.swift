// SPDX-License-Identifier: Apache-2.0
// What a scan works with, beside its options.

public import KerchunkCodecs
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

    /// Opens files; stops where the scan is to stop.
    public var files: FileOpener {
        get { opener.stoppable(by: cancellation) }
        set { opener = newValue }
    }
}
