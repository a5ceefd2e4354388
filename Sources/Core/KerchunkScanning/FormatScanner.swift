// SPDX-License-Identifier: Apache-2.0
// The contract of a format: how it is known, and how its chunks are found. docs/adding-a-format.md walks through it.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage

/// Finds the chunks of files, or folders, of one format.
public protocol FormatScanner: Sendable {
    /// What is known of the format without a file.
    var format: Format { get }
    /// Whether a target is of this format, by what `probe` knows of it. Reads nothing itself.
    func recognizes(_ probe: Probe) -> Recognition
    /// What is in a target: its groups and variables, as the file has them.
    /// - Throws: where nothing of the target can be had; trouble in one variable is an issue of the tree.
    func tree(of target: Target, in context: ScanContext) throws -> ScannedTree
}

extension FormatScanner {
    /// The dataset that references of a target make: what a format says of it, with all that formats have in common.
    /// - Throws: where nothing of the target can be had; trouble in one variable is an issue of the result.
    public func scan(_ target: Target, in context: ScanContext) throws -> ScanResult {
        try context.cancellation.check()
        return try Assembly(try tree(of: target, in: context), in: context).result(format: format)
    }
}

/// What a scan found.
public struct ScanResult: Sendable {
    public var dataset: VirtualDataset
    /// What was left out.
    public var issues: [Issue]
    /// What is good to know, and is no trouble.
    public var notes: [Note] = []
    /// Those of the names in `ScanOptions.included` that fit no variable.
    public var unmatchedNames: [String] = []
    /// The format of what was scanned.
    public var format: Format

    public init(_ dataset: VirtualDataset, issues: [Issue] = [], format: Format) {
        self.dataset = dataset
        self.issues = issues
        self.format = format
    }
}

/// What a scanner may use.
public struct ScanContext: Sendable {
    public var options: ScanOptions
    public var limits: ScanLimits
    public var codecs: CodecDirectory
    public var cancellation: Cancellation
    /// Opens another file that this one names, given as a URL or absolute path; throws where that is not allowed.
    public var openNamed: @Sendable (String) throws -> any ByteSource

    public init(
        options: ScanOptions = ScanOptions(), limits: ScanLimits = ScanLimits(),
        codecs: CodecDirectory = CodecDirectory([]), cancellation: Cancellation = Cancellation(),
        openNamed: @escaping @Sendable (String) throws -> any ByteSource = {
            throw KerchunkError(.unsupported, "other files cannot be opened here", url: $0)
        }
    ) {
        self.options = options
        self.limits = limits
        self.codecs = codecs
        self.cancellation = cancellation
        self.openNamed = openNamed
    }

    /// For formats whose files have no groups.
    /// - Throws: kind `notFound` where one was asked for.
    public func expectNoGroup(_ format: Format) throws(KerchunkError) {
        guard !options.isWholeFile else { return }
        let path = options.group.split(separator: "/").joined(separator: "/")
        throw KerchunkError(.notFound, "there is no group \"/\(path)\": \(format.name) files have no groups")
    }
}
