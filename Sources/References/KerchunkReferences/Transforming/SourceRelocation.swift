// SPDX-License-Identifier: Apache-2.0
// References to files that are parts of other files, as references to those.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
import KerchunkReading
public import KerchunkStorage
import Synchronization

/// Where the bytes behind a URL lie in another file.
public struct SourceWindow: Sendable {
    public let url: String
    public let range: ByteRange
    /// The state of the file at `url`.
    public let stamp: SourceStamp
    /// What decodes the range into the file that it stands for; nil where it is that file.
    public let codec: CodecSpec?

    public init(url: String, range: ByteRange, stamp: SourceStamp, codec: CodecSpec?) {
        self.url = url
        self.range = range
        self.stamp = stamp
        self.codec = codec
    }
}

extension VirtualDataset {
    /// Finds sources by their URLs, many at a time; nil for those that stay as they are.
    public typealias SourceLocator = @Sendable ([String]) throws(KerchunkError) -> [SourceWindow?]

    /// The same dataset with its chunks where `locate` says that they lie. All chunks are looked at once before, so that
    /// what cannot be placed is known early.
    ///
    /// Chunks that are whole files behind a codec get it as the last one of their array, and then all chunks must.
    public func relocatingSources(
        codecs: CodecDirectory, cancellation: Cancellation = Cancellation(), _ locate: @escaping SourceLocator
    ) throws(KerchunkError) -> VirtualDataset {
        let table = SourceTable()
        let relocation = SourceRelocation(from: sources, to: table, locate)
        let root = try root.mappingArrays { path, array throws(KerchunkError) in
            do {
                let codec = try relocation.codec(of: array, cancellation)
                var moved = array
                var inline: (any Codec)?
                if let codec, array.codecs.last?.id != codec.id {
                    moved.codecs.append(codec)
                    moved.hasCompressor = true
                    inline = try codecs.codec(codec)
                }
                moved.chunks = RelocatedManifest(
                    base: array.chunks, relocation: relocation, inlineCodec: inline)
                return moved
            } catch {
                throw KerchunkError(wrapping: error).locating(object: "/" + path)
            }
        }
        let keys = looseKeys.map {
            LooseKeys(
                names: $0.names,
                values: RelocatedManifest(
                    base: $0.values, relocation: relocation, inlineCodec: nil, isLoose: true))
        }
        return VirtualDataset(root: root, sources: table, looseKeys: keys)
    }
}

/// Rows of one source table as windows on rows of another.
// A class because all manifests of a dataset share what was found.
private final class SourceRelocation: Sendable {
    struct Place {
        let source: SourceIndex
        /// Nil where the source is what it was.
        let window: ByteRange?
        let codec: CodecSpec?
    }

    private let old: SourceTable
    private let new: SourceTable
    private let locate: VirtualDataset.SourceLocator
    private let places = Mutex<[SourceIndex: Place]>([:])

    init(from old: SourceTable, to new: SourceTable, _ locate: @escaping VirtualDataset.SourceLocator) {
        self.old = old
        self.new = new
        self.locate = locate
    }

    /// The places of all sources that `manifest` names; those that are not known are looked for together.
    func places(in manifest: ChunkManifest) throws(KerchunkError) -> [SourceIndex: Place] {
        var named: Set<SourceIndex> = []
        var last: SourceIndex?
        manifest.forEachPresent { _, location in
            switch location {
            case .range(let source, _), .wholeFile(let source):
                if source != last { named.insert(source) }
                last = source
            case .missing, .inline: break
            }
        }
        return try places.withLock { known throws(KerchunkError) in
            let missing = named.filter { known[$0] == nil }.sorted()
            let files = missing.map { old[$0] }
            if !files.isEmpty {
                for ((row, file), window) in zip(zip(missing, files), try locate(files.map(\.url))) {
                    if let window, let change = file.stamp.change(to: window.stamp) {
                        throw KerchunkError(
                            .changed,
                            "the archive has changed since it was scanned: \(change); scan it again",
                            url: file.url)
                    }
                    known[row] =
                        if let window {
                            Place(
                                source: new.intern(window.url, stamp: window.stamp), window: window.range,
                                codec: window.codec)
                        } else {
                            Place(
                                source: new.intern(file.url, stamp: file.stamp), window: nil, codec: nil)
                        }
                }
            }
            return named.reduce(into: [:]) { $0[$1] = known[$1] }
        }
    }

    /// The codec that all chunks of `array` have got, if they have; throws for chunks that have no place.
    func codec(of array: VirtualArray, _ cancellation: Cancellation) throws -> CodecSpec? {
        var codec: CodecSpec?
        var plain: UInt64 = 0
        var encoded: UInt64 = 0
        try array.chunks.forEachRun { _, manifest in
            try cancellation.check()
            let places = try places(in: manifest)
            try manifest.forEachPresent { _, location in
                switch try moved(location, places) {
                case .inline, .missing: break
                case .range, .wholeFile:
                    if let found = self.codec(of: location, places) {
                        codec = found
                        encoded += 1
                    } else {
                        plain += 1
                    }
                }
            }
        }
        guard encoded == 0 || plain == 0 else {
            throw KerchunkError(
                .unsupported,
                "\(encoded) of its chunks are compressed members of archives and \(plain) are not, so no codec "
                    + "decodes all of them; pack the archive again without compression")
        }
        return codec
    }

    private func codec(of location: ChunkLocation, _ places: [SourceIndex: Place]) -> CodecSpec? {
        guard case .wholeFile(let source) = location else { return nil }
        return places[source]?.codec
    }

    /// `location` in the new table under its old URL, where it lies in a compressed member; nil for others.
    func kept(_ location: ChunkLocation, _ places: [SourceIndex: Place]) -> ChunkLocation? {
        func source(_ index: SourceIndex) -> SourceIndex? {
            guard places[index]?.codec != nil else { return nil }
            return new.intern(old[index].url, stamp: old[index].stamp)
        }
        switch location {
        case .missing, .inline: return nil
        case .wholeFile(let index): return source(index).map { .wholeFile($0) }
        case .range(let index, let range): return source(index).map { .range($0, range) }
        }
    }

    /// `location` in the new table.
    /// - Parameter places: of all sources that it may name.
    func moved(_ location: ChunkLocation, _ places: [SourceIndex: Place]) throws -> ChunkLocation {
        switch location {
        case .missing, .inline: return location
        case .wholeFile(let source):
            guard let place = places[source] else { return location }
            guard let window = place.window else { return .wholeFile(place.source) }
            return .range(place.source, window)
        case .range(let source, let range):
            guard let place = places[source] else { return location }
            guard let window = place.window else { return .range(place.source, range) }
            guard place.codec == nil else {
                throw KerchunkError(
                    .unsupported,
                    "a reference points into a compressed member; pack the archive again without compression, and "
                        + "scan the file again", url: old[source].url)
            }
            guard range.end <= window.count else {
                throw KerchunkError(
                    .malformed,
                    "a reference ends at byte \(range.end), but the member at byte \(window.count)",
                    url: old[source].url)
            }
            return .range(
                place.source, ByteRange(window.offset + range.offset..<window.offset + range.end))
        }
    }
}

private struct RelocatedManifest: ManifestSource {
    let base: any ManifestSource
    let relocation: SourceRelocation
    /// What embedded chunks must be encoded with, too.
    let inlineCodec: (any Codec)?
    /// Whether what has no place of its own stays where it is: there is no array whose codecs could decode it.
    var isLoose = false

    var grid: ChunkGrid { base.grid }
    var preferredRun: UInt64 { base.transformedRun }
    var minimumRun: UInt64 { base.minimumRun }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        let old = try base.rows(positions)
        let places = try relocation.places(in: old)
        return try .building(old.positionCount, expecting: old.presentCount) { builder in
            try old.forEachPresent { position, location in
                if let inlineCodec, case .inline(let bytes) = location {
                    builder.set(position, .inline(try inlineCodec.encode(bytes)))
                } else if isLoose, let kept = relocation.kept(location, places) {
                    builder.set(position, kept)
                } else {
                    builder.set(position, try relocation.moved(location, places))
                }
            }
        }
    }
}
