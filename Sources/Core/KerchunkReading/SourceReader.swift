// SPDX-License-Identifier: Apache-2.0
// Bytes of the files that references point to.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage
import Synchronization

/// Opens sources as their bytes are asked for, and keeps those that were used last open.
// A class because all manifests of a transformed dataset share the open files.
public final class SourceReader: Sendable {
    /// Opens the file behind a URL.
    public typealias Opener = @Sendable (_ url: String) throws -> any ByteSource

    private let open: Opener
    private let opened = Mutex(Opened())
    private static let openLimit = 64

    private struct Opened {
        var sources: [String: (source: any ByteSource, lastUse: UInt64)] = [:]
        var clock: UInt64 = 0

        /// The source behind `url`, which is in use now.
        mutating func use(_ url: String) -> (any ByteSource)? {
            clock += 1
            sources[url]?.lastUse = clock
            return sources[url]?.source
        }

        mutating func insert(_ source: any ByteSource, _ url: String, limit: Int) {
            clock += 1
            sources[url] = (source, clock)
            guard sources.count > limit, let oldest = sources.min(by: { $0.value.lastUse < $1.value.lastUse })
            else { return }
            sources[oldest.key] = nil
        }
    }

    public init(_ open: @escaping Opener) { self.open = open }

    public func source(_ url: String) throws(KerchunkError) -> any ByteSource {
        if let known = opened.withLock({ $0.use(url) }) { return known }
        let source: any ByteSource
        do {
            source = try open(url)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: url)
        }
        opened.withLock { $0.insert(source, url, limit: Self.openLimit) }
        return source
    }

    /// The bytes at `locations`, each of which is not missing, in their order; one batch for each source.
    public func bytes(_ locations: [ChunkLocation], of table: SourceTable) throws(KerchunkError) -> [Bytes] {
        var bytes = [Bytes](repeating: Bytes(), count: locations.count)
        var wanted: [SourceIndex: [Int]] = [:]
        for (index, location) in locations.enumerated() {
            switch location {
            case .missing: break
            case .inline(let embedded): bytes[index] = embedded
            case .wholeFile(let source), .range(let source, _): wanted[source, default: []].append(index)
            }
        }
        for (row, indices) in wanted.sorted(by: { $0.key < $1.key }) {
            let url = table[row].url
            let source = try source(url)
            do {
                let size = try source.size()
                let ranges = indices.map { index in
                    if case .range(_, let range) = locations[index] { range } else { ByteRange(0..<size) }
                }
                for (index, piece) in zip(indices, try source.read(ranges)) { bytes[index] = piece }
            } catch {
                // As the references call it, whatever it calls itself.
                var failure = KerchunkError(wrapping: error)
                failure.url = url
                throw failure
            }
        }
        return bytes
    }
}
