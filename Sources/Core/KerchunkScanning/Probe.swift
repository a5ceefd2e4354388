// SPDX-License-Identifier: Apache-2.0
// What is known of a file or folder before its format is.

public import KerchunkBytes
import KerchunkModel
public import KerchunkStorage

/// Something that a format needs to see before it can tell whether a target is of its kind.
public enum Look: Hashable, Sendable {
    /// Bytes of a file, as far as it goes.
    case bytes(ByteRange)
    /// The first bytes of the file `name` beneath a folder.
    case file(String)
    /// The names of what is beneath a folder, one level deep.
    case listing
}

/// What a format says to a probe.
public enum Recognition: Hashable, Sendable {
    case yes, no
    /// It cannot tell yet. All that formats need is fetched together, and they are asked again.
    case needs([Look])

    public init(_ isRecognized: Bool) { self = isRecognized ? .yes : .no }
}

/// What has been read of a target, for all formats together: of a file its size and start, of a folder nothing; further
/// parts where a format needed them.
public struct Probe: Sendable {
    /// Bytes of a file that are read in any case.
    public static let length: UInt64 = 64 << 10

    /// The target's name: a URL or path.
    public let name: String
    public let isFolder: Bool
    /// Bytes of a file; 0 for a folder.
    public let size: UInt64
    /// The first bytes of a file, at most `length`.
    public let start: Bytes
    /// The names of what is beneath a folder, folders with a `/` at their end; nil where nobody needed them so far.
    public private(set) var names: [String]?
    /// What was read behind the start.
    private(set) var further: [ByteRange: Bytes] = [:]
    /// The first bytes of files beneath a folder; nil for files that are not there.
    private var files: [String: Bytes?] = [:]
    let target: Target

    public init(_ target: Target) throws {
        self.target = target
        name = target.name
        switch target {
        case .file(let source):
            isFolder = false
            size = try source.size()
            start = try source.read(ByteRange(0..<min(size, Self.length)))
        case .folder:
            isFolder = true
            size = 0
            start = Bytes()
        }
    }

    // MARK: For formats

    public func starts(with signature: [UInt8]) -> Bool {
        start.count >= signature.count && start[0..<signature.count] == Bytes(signature)
    }

    /// The bytes of `range`; nil where they are not read yet, or the file ends before.
    public func bytes(_ range: ByteRange) -> Bytes? {
        if range.end <= UInt64(start.count) { return start[Int(range.offset)..<Int(range.end)] }
        return further[range]
    }

    /// Whether `signature` stands at one of `offsets`.
    public func find(_ signature: [UInt8], at offsets: [UInt64]) -> Recognition {
        var needed: [Look] = []
        let sought = Bytes(signature)
        for offset in offsets where offset <= size && size - offset >= UInt64(signature.count) {
            let range = ByteRange(offset..<offset + UInt64(signature.count))
            guard let found = bytes(range) else {
                needed.append(.bytes(range))
                continue
            }
            if found == sought { return .yes }
        }
        return needed.isEmpty ? .no : .needs(needed)
    }

    /// Whether `signature` stands anywhere in the first `limit` bytes.
    public func search(for signature: [UInt8], within limit: UInt64) -> Recognition {
        let end = min(limit, size)
        var known = start.array
        if end > UInt64(known.count) {
            let rest = ByteRange(UInt64(known.count)..<end)
            guard let bytes = further[rest] else {
                return Self.holds(known, signature) ? .yes : .needs([.bytes(rest)])
            }
            known += bytes.array
        }
        return Recognition(Self.holds(Array(known.prefix(Int(end))), signature))
    }

    private static func holds(_ bytes: [UInt8], _ signature: [UInt8]) -> Bool {
        guard let first = signature.first, bytes.count >= signature.count else { return false }
        return bytes.indices.dropLast(signature.count - 1).contains { position in
            bytes[position] == first && bytes[position...].starts(with: signature)
        }
    }

    /// Whether one of the files `names` is beneath a folder.
    public func findFile(_ names: [String]) -> Recognition {
        guard isFolder else { return .no }
        let needed = names.filter { files[$0] == nil }
        if names.contains(where: { file($0) != nil }) { return .yes }
        return needed.isEmpty ? .no : .needs(needed.map { .file($0) })
    }

    /// The first bytes of the file `name` beneath a folder, at most `length`; nil where it is not there, or not read yet.
    public func file(_ name: String) -> Bytes? { files[name] ?? nil }

    // MARK: Fetching

    /// Bytes of a file whose reading costs no request of its own: a server sends them with its first answer.
    private static let firstAnswer: UInt64 = 256 << 10

    /// Whether the answer to `look` is worth a request for `format`. Of this machine's files all are. A server is asked for more
    /// of a file only if the file may be of the format by its name, or if its start is blank: other files cost no more
    /// requests than it takes to see that nobody knows them.
    private func isWorth(_ look: Look, for format: Format) -> Bool {
        guard case .bytes(let range) = look, case .file(let source) = target, source.isRemote else {
            return true
        }
        return range.end <= Self.firstAnswer || format.hasName(name)
            || start.array.allSatisfy { $0 == 0 }
    }

    func isKnown(_ look: Look) -> Bool {
        switch look {
        case .bytes(let range): range.offset >= size || bytes(clamped(range)) != nil
        case .file(let name): files[name] != nil
        case .listing: names != nil
        }
    }

    /// Those of `looks` that are new and worth it.
    func worthwhile(_ looks: [Look], for format: Format) -> [Look] {
        looks.filter { !isKnown($0) && isWorth($0, for: format) }
    }

    private func clamped(_ range: ByteRange) -> ByteRange {
        ByteRange(min(range.offset, size)..<min(range.end, size))
    }

    /// Reads what `looks` ask for, all ranges of bytes in one batch.
    mutating func fetch(_ looks: [Look]) throws {
        switch target {
        case .file(let source):
            var ranges: [ByteRange] = []
            for case .bytes(let range) in looks where !isKnown(.bytes(range)) {
                if !ranges.contains(clamped(range)) { ranges.append(clamped(range)) }
            }
            guard !ranges.isEmpty else { return }
            for (range, bytes) in zip(ranges, try source.read(ranges)) { further[range] = bytes }
        case .folder(let store, _):
            for look in looks where !isKnown(look) {
                switch look {
                case .bytes: break
                case .file(let name): files.updateValue(try Self.start(of: name, in: store), forKey: name)
                case .listing:
                    let level = try store.listLevel(prefix: "")
                    names = level.objects.map(\.key) + level.folders
                }
            }
        }
    }

    private static func start(of name: String, in store: any ObjectStore) throws -> Bytes? {
        do {
            let source = try store.open(name)
            return try source.read(ByteRange(0..<min(source.size(), length)))
        } catch let error as KerchunkError where [.notFound, .permission].contains(error.kind) {
            // Servers that list nothing say so of files that are not there, too.
            return nil
        }
    }
}
