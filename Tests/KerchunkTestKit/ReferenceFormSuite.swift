// SPDX-License-Identifier: Apache-2.0
// What users rely on in a form of reference sets.

import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage
import Synchronization

/// A form of reference sets at one kind of place: how it is written and opened.
public struct ReferenceForm: Sendable {
    public let name: String
    /// What a set is called below its place, an ending included.
    public let setName: String
    /// Versions of Zarr that it can hold.
    public var zarrFormats = [2]
    /// Whether a set can be replaced by one that appears at once; else the old one is gone before the new one comes.
    public var replacesAtOnce = true
    /// What a writing that fails while it reads chunks may end with: the error of the reading keeps its kind.
    public var failureKinds: Set<KerchunkError.Kind> = [.network]
    /// Whether every byte is covered by a checksum or a length, so that changed ones never pass for others.
    public var isSealed = false
    /// Writes a dataset that was made for a version of Zarr, in place of what may be there.
    public let write:
        @Sendable (VirtualDataset, _ zarrFormat: Int, _ location: String, Cancellation) throws -> Void
    /// Opens a set; chunks may be read later.
    public let open: @Sendable (_ location: String) throws -> (dataset: VirtualDataset, zarrFormat: Int?)

    public init(
        _ name: String, setName: String,
        write: @escaping @Sendable (VirtualDataset, Int, String, Cancellation) throws -> Void,
        open: @escaping @Sendable (String) throws -> (dataset: VirtualDataset, zarrFormat: Int?)
    ) {
        self.name = name
        self.setName = setName
        self.write = write
        self.open = open
    }
}

/// An empty place for reference sets, and a look at the files in it.
public struct ReferencePlace: Sendable {
    /// A folder or the start of URLs, with a `/` at its end.
    let start: String
    let files: @Sendable () throws -> [String: Bytes]
    let put: @Sendable (_ name: String, Bytes) throws -> Void
    let clear: @Sendable () throws -> Void

    /// A folder of this machine, which is there.
    public init(folder: String) {
        start = folder + "/"
        files = {
            var files: [String: Bytes] = [:]
            for file in try LocalDirectory(folder).list(prefix: "") {
                files[file.key] = Bytes(try Platform.readToEnd(folder + "/" + file.key))
            }
            return files
        }
        put = { name, bytes in
            let file = try AtomicFile(folder + "/" + name, overwrite: true)
            try file.write(bytes.array)
            try file.commit()
        }
        clear = { for name in try Platform.list(folder) { Platform.removeTree(folder + "/" + name) } }
    }

    public init(_ store: any WritableStore, below prefix: String) {
        start = prefix
        files = {
            var files: [String: Bytes] = [:]
            for object in try store.list(prefix: prefix) {
                let source = try store.open(object.key)
                files[String(object.key.dropFirst(prefix.count))] = try source.read(
                    ByteRange(0..<source.size()))
            }
            return files
        }
        put = { name, bytes in
            let upload = try store.begin(prefix + name)
            try upload.write(bytes.array)
            try upload.commit()
        }
        clear = { try store.remove(store.list(prefix: prefix).map(\.key)) }
    }
}

/// Checks a form of reference sets. A new form is checked for this:
///
/// - Whatever a dataset says comes back: chunks that are missing, embedded, whole files and parts of files; scalars, arrays
///   of no length and of many dimensions; groups in groups; thousands of sources; any characters in names, URLs and
///   attributes; numbers at their bounds; for each version of Zarr that it holds.
/// - The same dataset gives the same files, and a set can be replaced.
/// - Of files that are cut off or changed: an error, or what was written. Never a trap, never fewer chunks in silence.
/// - A writing that fails or is cancelled leaves nothing, and what was there before.
/// - Of two writings at once, one set stays, whole, and nothing besides.
///
/// - Parameter prefixes: how many of each file to try.
/// - Returns: what is wrong; empty where all is well.
public func checkReferenceForm(
    _ form: ReferenceForm, at place: ReferencePlace, prefixes: Int = 60
) -> [String] {
    let findings = Findings()
    let check = ReferenceFormCheck(form: form, place: place, findings: findings)
    findings.expect((try? place.files().isEmpty) == true, "something is at the place already")
    check.roundTrips()
    check.failures()
    check.writingAtOnce()
    check.hostileBytes(prefixes)
    return findings.list.map { "\(form.name): \($0)" }
}

private struct ReferenceFormCheck {
    let form: ReferenceForm
    let place: ReferencePlace
    let findings: Findings

    private var location: String { place.start + form.setName }

    private func write(
        _ dataset: VirtualDataset, zarrFormat: Int = 2, cancellation: Cancellation = Cancellation()
    ) throws {
        try form.write(dataset, zarrFormat, location, cancellation)
    }

    private func read() throws -> [String: [String]] { try contents(of: form.open(location).dataset) }

    func roundTrips() {
        for zarrFormat in form.zarrFormats {
            for sample in ReferenceSample.all().map({ $0.forZarr(zarrFormat) }) {
                let what = "\(sample.name), Zarr \(zarrFormat)"
                _ = findings.result(what) {
                    let right = try contents(of: sample.dataset)
                    try write(sample.dataset, zarrFormat: zarrFormat)
                    let first = try place.files()
                    let opened = try form.open(location)
                    if let difference = difference(try contents(of: opened.dataset), right) {
                        findings.add("\(what): \(difference)")
                    }
                    findings.expect(
                        opened.zarrFormat == nil || opened.zarrFormat == zarrFormat,
                        "\(what): opened as Zarr \(opened.zarrFormat ?? 0)")
                    // Also what is itself read from there.
                    if form.replacesAtOnce { try write(opened.dataset, zarrFormat: zarrFormat) }
                    findings.expect(
                        try place.files().keys == first.keys, "\(what): other files the second time")
                    findings.expect(
                        difference(try read(), right) == nil, "\(what): other contents the second time")
                    try write(sample.dataset, zarrFormat: zarrFormat)
                    findings.expect(try place.files() == first, "\(what): other bytes the third time")
                }
            }
        }
    }

    /// What cannot be read while it is written.
    private struct FailingManifest: ManifestSource {
        let base: any ManifestSource
        let end: UInt64
        let onRead: @Sendable () throws -> Void
        var grid: ChunkGrid { base.grid }
        var preferredRun: UInt64 { 8 }

        func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
            if positions.upperBound > end { try onRead() }
            return try base.rows(positions)
        }
    }

    private func failing(at end: UInt64, _ onRead: @escaping @Sendable () throws -> Void) -> VirtualDataset {
        var dataset = ReferenceSample.sources(100, start: 1000)
        if case .array(var array) = dataset.root["a"] {
            array.chunks = FailingManifest(base: array.chunks, end: end, onRead: onRead)
            dataset.root["b"] = dataset.root["a"]
            dataset.root["a"] = .array(array)
        }
        return dataset
    }

    func failures() {
        _ = findings.result("writing that fails") {
            for isThereAlready in [true, false] {
                var before: [String: Bytes] = [:]
                if isThereAlready {
                    guard form.replacesAtOnce else { continue }
                    try write(ReferenceSample.sources(10))
                    before = try place.files()
                } else {
                    try place.clear()
                }
                for end in [0, 50, 99] as [UInt64] {
                    let broken = failing(at: end) { throw FlakySource.error }
                    let what = "a writing that fails at chunk \(end)"
                    let error = findings.failure(what, form.failureKinds) { try write(broken) }
                    findings.expect(
                        error?.kind != .network || error?.isTransient == true,
                        "\(what): the error may not pass")
                    try unchanged(before, what)
                    let cancellation = Cancellation()
                    let stopped = failing(at: end) { cancellation.cancel() }
                    findings.failure("a writing that is cancelled at chunk \(end)", [.cancelled]) {
                        try write(stopped, cancellation: cancellation)
                    }
                    try unchanged(before, "a writing that is cancelled at chunk \(end)")
                }
            }
        }
    }

    private func unchanged(_ before: [String: Bytes], _ what: String) throws {
        let files = try place.files()
        findings.expect(files == before, "\(what) leaves \(files.keys.sorted())")
    }

    func writingAtOnce() {
        let datasets = [ReferenceSample.sources(300), ReferenceSample.sources(700, start: 5000)]
        _ = findings.result("writing twice at once") {
            let rights = try datasets.map { try contents(of: $0) }
            let names = try datasets.map { dataset in
                try write(dataset)
                return try place.files().keys.sorted()
            }
            for round in 0..<5 {
                let errors = Mutex<[KerchunkError]>([])
                let (write, location) = (form.write, location)
                WorkerPool(width: 2).forEach(2) { worker in
                    do {
                        try write(datasets[worker], 2, location, Cancellation())
                    } catch {
                        errors.withLock { $0.append(KerchunkError(wrapping: error)) }
                    }
                }
                let failed = errors.withLock { $0 }
                for error in failed {
                    findings.expect(
                        [.output, .changed].contains(error.kind), "writing twice at once throws: \(error)")
                }
                let files = try place.files().keys.sorted()
                if failed.count == 2, files.isEmpty, !form.replacesAtOnce { continue }
                let found = try read()
                findings.expect(
                    rights.contains { difference(found, $0) == nil },
                    "of two writings at once (round \(round)) a mix is left")
                findings.expect(names.contains(files), "two writings at once leave the files \(files)")
            }
        }
    }

    func hostileBytes(_ most: Int) {
        _ = findings.result("files that are cut off or changed") {
            guard let sample = ReferenceSample.all().first(where: { $0.name == "kinds of chunks" }) else {
                return
            }
            let right = try contents(of: sample.dataset)
            try write(sample.dataset)
            let files = try place.files().sorted { $0.key < $1.key }
            // Of many files, some of each kind.
            for index in stride(from: 0, to: files.count, by: max(1, files.count / 12)) {
                let (name, bytes) = files[index]
                for length in prefixLengths(of: bytes.count, most: most) {
                    try place.put(name, bytes[0..<length])
                    survive("the first \(length) bytes of \(name)", right: right)
                }
                for seed in 0..<UInt64(most) {
                    try place.put(name, flippingBits(of: bytes, count: 1 + Int(seed % 4), seed: seed))
                    survive("flipped bits of \(name), \(seed)", right: form.isSealed ? right : nil)
                }
                try place.put(name, bytes)
            }
            findings.expect(difference(try read(), right) == nil, "the whole files say something else")
        }
    }

    /// - Parameter right: what must come back where there is no error; nil for anything.
    private func survive(_ what: @autoclosure () -> String, right: [String: [String]]?) {
        guard case .success(let found) = findings.outcome(what(), read), let right else { return }
        if let difference = difference(found, right) {
            findings.add("\(what()): no error, but \(difference)")
        }
    }
}
