// SPDX-License-Identifier: Apache-2.0
// How files are scanned.

public import ArgumentParser
public import Kerchunk

/// Options of commands that scan.
struct ScanningArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Split uncompressed contiguous data into chunks of at most this size: 64MiB, 1GB.",
            valueName: "bytes")
    )
    var maxChunkSize: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Codecs that references may name. auto: those of zarr and numcodecs, and those of swift_kerchunk where nothing else decodes the data; zarr: never those of swift_kerchunk, so some data are left out; all: both.",
            valueName: "auto|zarr|all"))
    var codecs = ScanOptions.CodecSet.auto

    @OptionGroup var root: GroupArgument

    @Flag(help: "One variable for an object with several names.")
    var noLinks = false

    @Flag(help: "Allow files to name other files outside their own folder.")
    var followExternal = false

    @Flag(help: "Use what is left of truncated and damaged files; what is missing is reported as issues.")
    var salvage = false

    func validate() throws {
        if let maxChunkSize, maxChunkSize.bytes == 0 {
            throw ValidationError("--max-chunk-size must be at least 1")
        }
    }

    /// - Parameter inlining: chunks of fewer bytes are embedded.
    func options(_ inlining: InliningArgument) -> ScanOptions {
        var options = ScanOptions()
        options.inlineThreshold = inlining.inlineThreshold.bytes
        options.maximumChunkSize = maxChunkSize?.bytes
        options.codecs = codecs
        options.group = root.group
        options[HDF5Scanner.followsLinks] = !noLinks
        options.followsExternal = followExternal
        options.salvages = salvage
        return options
    }
}

struct InliningArgument: ParsableArguments {
    @Option(help: ArgumentHelp("Embed chunks of fewer stored bytes; 0 embeds none.", valueName: "bytes"))
    var inlineThreshold = ByteCount(500)
}

extension ByteCount {
    init(_ bytes: UInt64) { self.bytes = bytes }
    var defaultValueDescription: String { "\(bytes)" }
}

extension ScanOptions.CodecSet: ExpressibleByArgument {}
extension HDF5Scanner.StringEncoding: ExpressibleByArgument {}
