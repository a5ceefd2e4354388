// SPDX-License-Identifier: Apache-2.0
// Parquet sets in stores: whole or not there, whatever fails, and read back from there.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import KerchunkTestKit
import Synchronization
import Testing

@Suite struct StoreOutputTests {
    private let memory = MemoryStore()
    private let url = "memory://bucket/out.parq"

    private func options(_ key: String? = nil, keeps: Bool = false, inPlace: Bool = false, threads: Int = 3)
        -> ParquetReferenceOptions
    {
        var options = ParquetReferenceOptions()
        options.recordSize = 64
        options.resumeKey = key
        options.keepsPartial = keeps
        options.replacesInPlace = inPlace
        options.threadCount = threads
        return options
    }

    private func writer(
        _ store: (any WritableStore)? = nil, _ options: ParquetReferenceOptions
    ) -> ParquetReferenceWriter {
        ParquetReferenceWriter(
            options: options, codecs: ParquetSamples.codecs,
            store: OutputStore(store ?? memory, cleaning: memory))
    }

    private func dataset() throws -> VirtualDataset { try ParquetSamples.variety(in: "/data") }

    private func smaller() throws -> VirtualDataset {
        var dataset = try dataset()
        dataset.root["ten"] = nil
        return dataset
    }

    private func keys(_ prefix: String = "") throws -> [String] {
        try StoreFolder(url, in: memory).list(prefix: prefix).map(\.key)
    }

    private func tree() throws -> [String: [UInt8]] {
        let folder = StoreFolder(url, in: memory)
        var files: [String: [UInt8]] = [:]
        for key in try keys() {
            let file = try folder.open(key)
            files[key] = try file.read(ByteRange(0..<file.size())).array
        }
        return files
    }

    private func opened() throws -> Opened {
        try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(
            StoreFolder(url, in: memory), name: url)
    }

    @Test func theSetIsThatOfADirectory() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let count = try ParquetReferenceWriter(options: options(), codecs: ParquetSamples.codecs)
            .write(try dataset(), to: directory + "/out.parq")
        #expect(try writer(nil, options()).write(try dataset(), to: url + "/") == count)
        #expect(try tree() == ParquetSamples.tree(directory + "/out.parq"))
        #expect(try ParquetSamples.content(opened().dataset) == ParquetSamples.content(try dataset()))
    }

    @Test func theMetadataComeLast() throws {
        let store = ChaosStore(memory)
        try writer(store, options()).write(try dataset(), to: url)
        let commits = store.steps.compactMap { if case .commit(let key) = $0 { key } else { nil } }
        #expect(commits.first?.hasPrefix(url + "/.partial-") == true)
        #expect(commits.last == url + "/.zmetadata")
        #expect(commits.count > 20)
    }

    @Test func whateverWriteFailsNothingIsLeft() throws {
        let count = ChaosStore(memory)
        try writer(count, options()).write(try dataset(), to: url)
        let writes = count.steps.count(where: \.writes)
        for failing in 0..<writes {
            let store = MemoryStore()
            let chaos = ChaosStore(store, failing: failing)
            let writer = ParquetReferenceWriter(
                options: options(failing % 2 == 0 ? nil : "key"), codecs: ParquetSamples.codecs,
                store: OutputStore(chaos, cleaning: store))
            #expect(throws: KerchunkError.self) { try writer.write(try dataset(), to: url) }
            #expect(try store.list(prefix: "").isEmpty, "write \(failing)")
            // Stores keep what was begun until they are told.
            #expect(chaos.unfinishedCount == 0, "write \(failing)")
        }
    }

    @Test func aSetThatIsThereIsNotReplaced() throws {
        try writer(nil, options()).write(try smaller(), to: url)
        let before = try tree()
        for overwrite in [false, true] {
            let error = #expect(throws: KerchunkError.self) {
                try writer(nil, options()).write(try dataset(), to: url, overwrite: overwrite)
            }
            #expect(error?.kind == .output && error?.message.contains("--in-place") == true)
        }
        #expect(try tree() == before)
    }

    @Test func whoReadsASetThatIsReplacedInPlaceIsTold() throws {
        try writer(nil, options()).write(try dataset(), to: url)
        let old = try opened()
        try writer(nil, options(inPlace: true)).write(try dataset(), to: url)
        let error = #expect(throws: KerchunkError.self) { try ParquetSamples.content(old.dataset) }
        #expect(error?.kind == .changed)
        #expect(try keys(".partial-").isEmpty)
        #expect(try ParquetSamples.content(opened().dataset) == ParquetSamples.content(try dataset()))
        // Partitions of the old set that the new one lacks are gone.
        try writer(nil, options(inPlace: true)).write(try smaller(), to: url)
        #expect(try keys("ten/").isEmpty)
    }

    @Test func otherFilesAreNeitherRemovedNorMixedIn() throws {
        let upload = try memory.begin(url + "/data.nc")
        try upload.commit()
        for inPlace in [false, true] {
            #expect(throws: KerchunkError.self) {
                try writer(nil, options(inPlace: inPlace)).write(try dataset(), to: url, overwrite: true)
            }
            #expect(try keys() == ["data.nc"])
        }
    }

    // MARK: Cut off

    /// As a process leaves it that was killed: nobody cleans.
    private func killed(_ key: String?, after writes: Int) throws {
        struct Gone: WritableStore {
            func open(_ key: String) throws -> any ByteSource { throw KerchunkError(.network, "gone") }
            func list(prefix: String) throws -> [ObjectInfo] { throw KerchunkError(.network, "gone") }
            func begin(_ key: String) throws -> any Upload { throw KerchunkError(.network, "gone") }
            func remove(_ keys: [String]) throws { throw KerchunkError(.network, "gone") }
        }
        let writer = ParquetReferenceWriter(
            options: options(key), codecs: ParquetSamples.codecs,
            store: OutputStore(ChaosStore(memory, failing: writes), cleaning: Gone()))
        #expect(throws: KerchunkError.self) { try writer.write(try dataset(), to: url) }
        #expect(try keys().count > 5)
    }

    @Test func aKilledRunLeavesNoSet() throws {
        try killed(nil, after: 30)
        let error = #expect(throws: KerchunkError.self) { try opened() }
        #expect(error?.kind == .notFound)
        let refused = #expect(throws: KerchunkError.self) {
            try writer(nil, options()).write(try smaller(), to: url)
        }
        #expect(refused?.kind == .output && refused?.message.contains("--overwrite") == true)
        try writer(nil, options()).write(try smaller(), to: url, overwrite: true)
        #expect(try ParquetSamples.content(opened().dataset) == ParquetSamples.content(try smaller()))
        #expect(try keys("ten/").isEmpty && keys(".partial-").isEmpty)
    }

    @Test func theSameWorkGoesOn() throws {
        try killed("key", after: 30)
        let there = Set(try keys())
        let store = ChaosStore(memory)
        try writer(store, options("key")).write(try dataset(), to: url)
        let made = store.steps.compactMap { if case .commit(let key) = $0 { key } else { nil } }
        #expect(
            !made.contains { there.contains(String($0.dropFirst(url.count + 1))) && !$0.contains(".partial") }
        )
        #expect(try ParquetSamples.content(opened().dataset) == ParquetSamples.content(try dataset()))
        #expect(try keys(".partial-").isEmpty)
    }

    @Test func otherWorkIsNotGoneOnWith() throws {
        try killed("key", after: 30)
        #expect(throws: KerchunkError.self) {
            try writer(nil, options("another")).write(try dataset(), to: url)
        }
        #expect(throws: KerchunkError.self) {
            try writer(nil, options("another")).writePartitions(0..<1, of: try dataset(), to: url)
        }
    }

    @Test func severalProcessesMakeOneSet() throws {
        let workers = writer(nil, options("key"))
        let dataset = try dataset()
        let count = try workers.partitionCount(of: dataset)
        var references: UInt64 = 0
        for start in stride(from: 0, to: count, by: 5) where start != 10 {
            references += try workers.writePartitions(start..<min(start + 5, count), of: dataset, to: url)
        }
        #expect(throws: KerchunkError.self) { try opened() }
        #expect(throws: KerchunkError.self) { try workers.finish(dataset, to: url) }
        references += try workers.writePartitions(10..<15, of: dataset, to: url)
        #expect(try workers.finish(dataset, to: url) == references)
        #expect(try ParquetSamples.content(opened().dataset) == ParquetSamples.content(dataset))
        #expect(try keys(".partial-").isEmpty)
        // Who is late is told, and changes nothing.
        let before = try tree()
        #expect(throws: KerchunkError.self) { try workers.writePartitions(0..<5, of: dataset, to: url) }
        #expect(try tree() == before)
    }

    @Test func twoRunsAtOnceDoNotMix() throws {
        let failures = Mutex<[KerchunkError]>([])
        let dataset = try dataset()
        let smaller = try smaller()
        let isFirst = Mutex(true)
        let chaos = ChaosStore(memory) { step in
            guard case .commit(let key) = step, key.hasSuffix("refs.0.parq") else { return }
            guard
                isFirst.withLock({ first in
                    defer { first = false }
                    return first
                })
            else { return }
            do {
                try writer(nil, options("other")).write(smaller, to: url)
            } catch {
                failures.withLock { $0.append(KerchunkError(wrapping: error)) }
            }
        }
        try writer(chaos, options("key")).write(dataset, to: url)
        #expect(failures.withLock { $0.map(\.kind) } == [.output])
        #expect(try ParquetSamples.content(opened().dataset) == ParquetSamples.content(dataset))
    }

    @Test func aRunWhosePlaceWasTakenDoesNotCommit() throws {
        let dataset = try dataset()
        let smaller = try smaller()
        let isFirst = Mutex(true)
        let chaos = ChaosStore(memory) { step in
            guard case .commit(let key) = step, key.hasSuffix("ten/refs.3.parq"),
                isFirst.withLock({ first in
                    defer { first = false }
                    return first
                })
            else { return }
            _ = try? writer(nil, options("other")).write(smaller, to: url, overwrite: true)
        }
        let error = #expect(throws: KerchunkError.self) {
            try writer(chaos, options("key", threads: 1)).write(dataset, to: url)
        }
        #expect(error?.kind == .output)
        #expect(try ParquetSamples.content(opened().dataset) == ParquetSamples.content(smaller))
    }

    @Test func aCancelledRunLeavesNothing() throws {
        let cancellation = Cancellation()
        let chaos = ChaosStore(memory) { step in
            if case .commit(let key) = step, key.hasSuffix("ten/refs.3.parq") { cancellation.cancel() }
        }
        let error = #expect(throws: KerchunkError.self) {
            try writer(chaos, options("key")).write(try dataset(), to: url, cancellation: cancellation)
        }
        #expect(error?.kind == .cancelled)
        #expect(try keys().isEmpty)
    }

    @Test func chunksOneByOneGoToAStore() throws {
        let dataset = try dataset()
        var small = options()
        small.bufferSize = 10_000
        let stream = try ParquetReferenceStream(
            url, sources: dataset.sources, options: small, codecs: ParquetSamples.codecs,
            store: OutputStore(memory))
        var arrays: [(String, VirtualArray)] = []
        dataset.root.forEachArray { arrays.append(($0, $1)) }
        for (path, array) in arrays {
            try stream.add(array, at: path)
            try array.chunks.forEachRun { start, manifest in
                try stream.append(manifest, to: path, from: start)
            }
        }
        try stream.finish(dataset.root)
        #expect(try ParquetSamples.content(opened().dataset) == ParquetSamples.content(dataset))
    }

    // MARK: Reading

    /// A store that keeps its listing to itself: what is not there cannot be told from what is secret.
    private struct Guarded: ObjectStore {
        let base: any ObjectStore
        func open(_ key: String) throws -> any ByteSource {
            do {
                return try base.open(key)
            } catch {
                throw KerchunkError(.permission, "the server answered 403 Forbidden", url: key)
            }
        }
        func list(prefix: String) throws -> [ObjectInfo] { throw KerchunkError(.permission, "403") }
    }

    @Test func forbiddenIsNotMissing() throws {
        try writer(nil, options()).write(try dataset(), to: url)
        try memory.remove([url + "/ten/refs.3.parq", url + "/sources.json"])
        #expect(try ParquetSamples.content(opened().dataset).count > 0)
        let store = StoreFolder(url, in: Guarded(base: memory))
        let set = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(store, name: url)
        let error = #expect(throws: KerchunkError.self) { try ParquetSamples.content(set.dataset) }
        #expect(error?.kind == .permission)
    }

    @Test func eachFileIsAskedForOnce() throws {
        try writer(nil, options()).write(try dataset(), to: url)
        let store = ChaosStore(memory)
        let set = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(
            StoreFolder(url, in: store), name: url)
        #expect(Set(store.steps) == [.open(url + "/.zmetadata"), .open(url + "/sources.json")])
        guard case .array(let array)? = set.dataset.root["ten"] else { return }
        _ = try array.chunks.rows(60..<200)
        let asked = store.steps.dropFirst(2)
        #expect(Set(asked) == Set((0...3).map { .open("\(url)/ten/refs.\($0).parq") }) && asked.count == 4)
        // Sources come in the order of their chunks, however many partitions are fetched together.
        let array256 = try array.chunks.rows(0..<256)
        #expect(array256.presentCount > 0)
        // All of each partition is known now.
        #expect(store.steps.count == 6)
    }

    @Test func sourcesComeInTheOrderOfTheirChunks() throws {
        let dataset = VirtualDataset(root: VirtualGroup(), sources: SourceTable())
        var named = dataset
        let urls = (0..<2000).map { "s3://bucket/\($0)" }
        named.root["a"] = .array(
            ParquetSamples.array([2000], by: [1]) {
                .range(named.sources.intern(urls[Int($0)]), ByteRange(0..<8))
            })
        var plain = options()
        plain.recordsSources = false
        try writer(nil, plain).write(named, to: url)
        let set = try opened()
        guard case .array(let array)? = set.dataset.root["a"] else { return }
        #expect(array.chunks.minimumRun == 16 * 64)
        try array.chunks.forEachRun { _, _ in }
        #expect(set.dataset.sources.sources.map(\.url) == urls)
    }
}
