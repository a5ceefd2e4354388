// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Synchronization
import Testing

/// A manifest that fails when it is asked for positions from `end` on, and counts what it is asked for.
// A class because it counts.
private final class CutOffManifest: ManifestSource {
    let base: any ManifestSource
    private let end: UInt64
    private let asked = Atomic<UInt64>(0)

    init(_ base: any ManifestSource, end: UInt64) {
        self.base = base
        self.end = end
    }

    var grid: ChunkGrid { base.grid }
    var preferredRun: UInt64 { base.preferredRun }
    var askedCount: UInt64 { asked.load(ordering: .relaxed) }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        if positions.upperBound > end { throw KerchunkError(.network, "the line is cut") }
        asked.add(UInt64(positions.count), ordering: .relaxed)
        return try base.rows(positions)
    }
}

@Suite struct ResumedWritingTests {
    private let directory: String
    private let path: String

    init() throws {
        directory = try ParquetSamples.temporaryDirectory()
        path = directory + "/out.parq"
    }

    private func writer(
        key: String? = "key", keeps: Bool = true, fills: Bool = false, durable: Bool = false, threads: Int = 1
    ) -> ParquetReferenceWriter {
        var options = ParquetReferenceOptions()
        options.recordSize = 4
        options.resumeKey = key
        options.keepsPartial = keeps
        options.fillMissing = fills
        options.isDurable = durable
        options.threadCount = threads
        return ParquetReferenceWriter(options: options, codecs: ParquetSamples.codecs)
    }

    private func dataset() throws -> VirtualDataset { try ParquetSamples.variety(in: "/data") }

    /// The same with the chunks of `name` cut off.
    private func cutOff(_ name: String, at end: UInt64) throws -> (VirtualDataset, CutOffManifest) {
        var cut = try dataset()
        guard case .array(var array)? = cut.root[name] else { throw KerchunkError(.usage, "no array") }
        let manifest = CutOffManifest(array.chunks, end: end)
        array.chunks = manifest
        cut.root[name] = .array(array)
        return (cut, manifest)
    }

    private func undisturbed(fills: Bool = false) throws -> (count: UInt64, tree: [String: [UInt8]]) {
        let other = directory + "/undisturbed.parq"
        let count = try writer(key: nil, fills: fills).write(dataset(), to: other, overwrite: true)
        return (count, try ParquetSamples.tree(other))
    }

    private func names() throws -> [String] { try Platform.list(directory) }

    @Test(arguments: [(false, 1), (true, 1), (false, 2)])
    func aRunThatWasCutOffGoesOnToTheSameBytes(fills: Bool, threads: Int) throws {
        defer { Platform.removeTree(directory) }
        let right = try undisturbed(fills: fills)
        let (cut, before) = try cutOff("ten", at: 400)
        #expect(throws: KerchunkError.self) {
            try writer(fills: fills, threads: threads).write(cut, to: path)
        }
        #expect(before.askedCount > 300)
        let partial = path + ".partial-key"
        #expect(Platform.exists(partial) && !Platform.exists(path))
        // What was being written when it happened.
        try ParquetSamples.write([1, 2, 3], to: partial + "/ten/refs.200.parq.partial-7-77")
        try ParquetSamples.write([1, 2, 3], to: partial + "/ten/refs.0.parq")
        let (whole, after) = try cutOff("ten", at: .max)
        #expect(
            try writer(fills: fills, threads: threads).write(whole, to: path) == right.count)
        // Each thread may have asked for what it did not write any more.
        #expect(after.askedCount <= 1024 - before.askedCount + 4 * UInt64(threads))
        #expect(try ParquetSamples.tree(path) == right.tree)
        #expect(try names() == ["out.parq", "undisturbed.parq"])
    }

    @Test func otherWorkIsNotGoneOnWith() throws {
        defer { Platform.removeTree(directory) }
        let (cut, _) = try cutOff("ten", at: 400)
        #expect(throws: KerchunkError.self) { try writer().write(cut, to: path) }
        let (whole, manifest) = try cutOff("ten", at: .max)
        try writer(key: "another").write(whole, to: path)
        #expect(manifest.askedCount == 1024)
        #expect(try names() == ["out.parq", "out.parq.partial-key"])
    }

    @Test func aFailedRunLeavesNothingUnlessAsked() throws {
        defer { Platform.removeTree(directory) }
        let (cut, _) = try cutOff("ten", at: 400)
        #expect(throws: KerchunkError.self) { try writer(keeps: false).write(cut, to: path) }
        #expect(try names().isEmpty)
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(throws: KerchunkError.self) {
            try writer(keeps: true).write(dataset(), to: path, cancellation: cancellation)
        }
        #expect(try names() == ["out.parq.partial-key"])
    }

    @Test func keysThatAreNoNamesAreRefused() throws {
        defer { Platform.removeTree(directory) }
        for key in ["", "a/b", "..", "a b", String(repeating: "k", count: 101)] {
            #expect(throws: KerchunkError.self) { try writer(key: key).write(dataset(), to: path) }
        }
        #expect(try names().isEmpty)
    }

    @Test func aSecondRunWithTheSameKeyIsRefused() throws {
        defer { Platform.removeTree(directory) }
        /// Starts a second run while the first one is at work.
        struct Meddling: ManifestSource {
            let grid: ChunkGrid
            let preferredRun: UInt64 = 4
            let attempt: @Sendable () -> Void
            func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
                attempt()
                return MemoryManifest.empty(ChunkGrid(shape: [UInt64(positions.count)]) ?? .scalar).manifest
            }
        }
        let failures = Mutex<[KerchunkError]>([])
        var first = try dataset()
        guard case .array(var array)? = first.root["nine"] else { return }
        array.chunks = Meddling(grid: array.chunks.grid) {
            do throws(KerchunkError) {
                try writer().write(VirtualDataset(), to: path)
            } catch {
                failures.withLock { $0.append(error) }
            }
            do throws(KerchunkError) {
                try writer().writePartitions(0..<0, of: VirtualDataset(), to: path)
            } catch {
                failures.withLock { $0.append(error) }
            }
        }
        first.root["nine"] = .array(array)
        try writer().write(first, to: path)
        let found = failures.withLock { $0 }
        #expect(found.count == 6)
        #expect(found.allSatisfy { $0.kind == .output && $0.message.hasPrefix("another run is writing") })
        // The lock went with the first run.
        try writer().write(dataset(), to: path, overwrite: true)
        #expect(try names() == ["out.parq"])
    }

    @Test func whatWasReplacedIsNeverTakenForWorkInProgress() throws {
        defer { Platform.removeTree(directory) }
        // As a run leaves it that was cut off between the exchange and the removal of the old set.
        var old = try dataset()
        old.root["ten"] = nil
        try writer(key: nil).write(old, to: path + ".partial-key-done")
        try writer(key: nil).write(old, to: path + ".partial-key-old")
        let right = try undisturbed()
        #expect(try writer().write(dataset(), to: path) == right.count)
        #expect(try ParquetSamples.tree(path) == right.tree)
        #expect(try names() == ["out.parq", "undisturbed.parq"])
    }

    @Test func aSetIsReplacedByAResumedRun() throws {
        defer { Platform.removeTree(directory) }
        let right = try undisturbed()
        var old = try dataset()
        old.root["ten"] = nil
        try writer(key: nil).write(old, to: path)
        let (cut, _) = try cutOff("ten", at: 400)
        #expect(throws: KerchunkError.self) { try writer().write(cut, to: path, overwrite: true) }
        #expect(throws: KerchunkError.self) { try writer().write(dataset(), to: path) }
        #expect(try writer(durable: true).write(dataset(), to: path, overwrite: true) == right.count)
        #expect(try ParquetSamples.tree(path) == right.tree)
        #expect(try names() == ["out.parq", "undisturbed.parq"])
    }

    @Test func statesOfSourcesAreSortedAndMayBeGiven() throws {
        defer { Platform.removeTree(directory) }
        let given = ["/z", "/a", "/m"].map {
            SourceTable.Source(url: $0, stamp: SourceStamp(size: UInt64($0.utf8.count)))
        }
        try writer(key: nil).write(dataset(), to: path, recordedSources: given)
        let text = String(decoding: try Platform.readToEnd(path + "/sources.json"), as: UTF8.self)
        #expect(text == #"{"sources":{"/a":{"size":2},"/m":{"size":2},"/z":{"size":2}}}"#)
    }

    // MARK: Linking

    @Test(arguments: [nil, "key"]) func partitionsThatAreThereAreLinked(key: String?) throws {
        defer { Platform.removeTree(directory) }
        let right = try undisturbed()
        let other = directory + "/undisturbed.parq"
        let (whole, manifest) = try cutOff("ten", at: .max)
        let count = try writer(key: key).write(
            whole, to: path,
            reusing: { array, index in
                array == "ten" && index < 200 ? "\(other)/ten/refs.\(index).parq" : nil
            })
        #expect(count == right.count)
        #expect(manifest.askedCount == 1024 - 800)
        #expect(try ParquetSamples.tree(path) == right.tree)
        func identity(_ path: String) throws -> Platform.FileIdentity { try Platform.status(path).identity }
        #expect(try identity(path + "/ten/refs.7.parq") == identity(other + "/ten/refs.7.parq"))
        #expect(try identity(path + "/ten/refs.201.parq") != identity(other + "/ten/refs.201.parq"))
        // The set itself may be the one that is replaced.
        let own = path
        try writer(key: key).write(
            dataset(), to: path, overwrite: true,
            reusing: { array, index in array == "nine" ? "\(own)/nine/refs.\(index).parq" : nil })
        #expect(try ParquetSamples.tree(path) == right.tree)
    }

    @Test func whatIsNoPartitionIsNotLinked() throws {
        defer { Platform.removeTree(directory) }
        try ParquetSamples.write([1, 2, 3], to: directory + "/other")
        let other = directory + "/other"
        let failure = #expect(throws: KerchunkError.self) {
            try writer(key: nil).write(dataset(), to: path, reusing: { _, _ in other })
        }
        #expect(failure?.url == other)
        #expect(try names() == ["other"])
    }

    // MARK: In several processes

    @Test func rangesInAnyOrderMakeTheSameSet() throws {
        defer { Platform.removeTree(directory) }
        let right = try undisturbed()
        let writer = writer(keeps: false)
        let count = try writer.partitionCount(of: dataset())
        let ranges = stride(from: 0, to: count, by: 37).map { $0..<min(count, $0 + 37) }
        let sum = WorkerPool(width: 3).map(ranges.count) { number in
            let range = ranges[(number * 5 + 3) % ranges.count]
            return (try? writer.writePartitions(range, of: dataset(), to: path)) ?? 0
        }.reduce(0, +)
        #expect(ranges.count % 5 != 0 && sum == right.count)
        #expect(!Platform.exists(path))
        #expect(try writer.finish(dataset(), to: path) == right.count)
        #expect(try ParquetSamples.tree(path) == right.tree)
        #expect(try names() == ["out.parq", "undisturbed.parq"])
    }

    @Test func aSetWithMissingPartitionsIsNotFinished() throws {
        defer { Platform.removeTree(directory) }
        let right = try undisturbed()
        let writer = writer(keeps: false)
        let count = try writer.partitionCount(of: dataset())
        try writer.writePartitions(1..<count, of: dataset(), to: path)
        let failure = #expect(throws: KerchunkError.self) { try writer.finish(dataset(), to: path) }
        #expect(failure?.message.hasPrefix("partition 0 was not written") == true)
        // What is there is not lost.
        try writer.writePartitions(0..<1, of: dataset(), to: path)
        #expect(try writer.finish(dataset(), to: path) == right.count)
        #expect(try ParquetSamples.tree(path) == right.tree)
        #expect(throws: KerchunkError.self) {
            try writer.writePartitions(0..<count + 1, of: dataset(), to: path)
        }
        #expect(throws: KerchunkError.self) {
            try self.writer(key: nil).writePartitions(0..<1, of: dataset(), to: path)
        }
    }
}
