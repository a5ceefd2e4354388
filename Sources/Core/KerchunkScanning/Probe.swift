// SPDX-License-Identifier: Apache-2.0
// What a format is.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage

/// The start of a file, read once for all formats.
public struct FormatProbe: Sendable {
    public let name: String
    public let size: UInt64
    /// The first bytes of the file, at most `length`.
    public let start: Bytes
    /// The 8 bytes at 512, 1024, 2048 … up to 1 GiB, as far as the file goes: HDF5 allows a user block before itself.
    public let afterUserBlocks: [(offset: UInt64, bytes: Bytes)]

    public static let length: UInt64 = 64 << 10

    public init(_ source: any ByteSource) throws {
        name = source.name
        size = try source.size()
        start = try source.read(ByteRange(0..<min(size, Self.length)))
        var offsets: [UInt64] = []
        var offset: UInt64 = 512
        while offset + 8 <= size, offset <= 1 << 30 {
            offsets.append(offset)
            offset *= 2
        }
        let known = start
        let near = offsets.filter { $0 + 8 <= UInt64(known.count) }
        afterUserBlocks = near.map { ($0, known[Int($0)..<Int($0) + 8]) }
    }

    public func starts(with signature: [UInt8]) -> Bool {
        start.count >= signature.count && start[0..<signature.count] == Bytes(signature)
    }
}

/// A file format: finds the chunks of a file.
public protocol FormatScanner: Sendable {
    /// As users write it: `HDF5`.
    static var formatName: String { get }
    static func recognizes(_ probe: FormatProbe) -> Bool
    /// - Throws: where nothing of the file can be had; trouble in one variable is an issue of the result.
    func scan(_ source: any ByteSource, in context: ScanContext) throws -> ScanResult
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

    public init(dataset: VirtualDataset, issues: [Issue]) {
        self.dataset = dataset
        self.issues = issues
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
}
