// SPDX-License-Identifier: Apache-2.0
// What everything behind a scan relies on in a format.

public import KerchunkBytes
public import KerchunkCodecs
import KerchunkModel
public import KerchunkScanning
import KerchunkStorage

/// A small file of a format.
public struct ScannerFixture: Sendable {
    public let name: String
    public let bytes: Bytes
    /// Other files that it names, by the last component of their paths.
    public let siblings: [String: Bytes]
    /// Whether it is shorter than it says itself, so that only `--salvage` scans it.
    public let isCutOff: Bool
    /// Whether it is broken: then only the checks of hostile bytes are made.
    public let isBroken: Bool
    /// Whether the file says how much belongs to it; of others nobody can tell that the end is missing.
    public let saysItsLength: Bool

    public init(
        _ name: String, _ bytes: Bytes, siblings: [String: Bytes] = [:], isCutOff: Bool = false,
        isBroken: Bool = false, saysItsLength: Bool = true
    ) {
        self.name = name
        self.bytes = bytes
        self.siblings = siblings
        self.isCutOff = isCutOff
        self.isBroken = isBroken
        self.saysItsLength = saysItsLength
    }
}

/// Checks a format on one of its files. A new format is checked for this:
///
/// - It knows its files by their start, and takes none of `strangers`, nor a file of no bytes.
/// - A scan says the same each time, through any source: one that reads ahead, one that reads range by range.
/// - Chunks lie inside the file, and a file inside another gives references into the outer one; what has no placement is
///   refused.
/// - Of every prefix of the file, of flipped bits, under any limit: an error, or a result that has issues for whatever it
///   lacks, and no chunk that lies outside. Never a trap.
/// - A read that fails is the error of the scan, with its words and whether it may pass, or is made again; nothing is left
///   out for it.
/// - A scan that is cancelled ends with that error, soon.
///
/// - Parameters:
///   - codecs: by which small chunks are decoded.
///   - strangers: files of other formats.
///   - prefixes: how many to try; all where the file has no more bytes.
///   - flips: how many files with flipped bits to try.
/// - Returns: what is wrong, each with the fixture's name; empty where all is well.
public func checkScanner(
    _ scanner: any FormatScanner, _ fixture: ScannerFixture, codecs: CodecDirectory = CodecDirectory([]),
    strangers: [Bytes] = [], prefixes: Int = 300, flips: Int = 100
) -> [String] {
    let findings = Findings()
    let check = ScannerCheck(scanner: scanner, fixture: fixture, codecs: codecs, findings: findings)
    if !fixture.isBroken, let whole = check.whole() {
        check.recognition(strangers)
        check.sources(whole)
        check.placements(whole)
        check.failingReads()
        check.cancellation(whole)
        check.limits(whole)
        check.truncation(whole, prefixes)
    }
    check.hostileBytes(prefixes: prefixes, flips: flips)
    return findings.list.map { "\(fixture.name): \($0)" }
}

/// What a scan says, apart from the source table it says it in.
struct ScanOutcome: Equatable {
    let contents: [String: [String]]
    let issues: [Issue]

    init(_ result: ScanResult) throws {
        contents = try KerchunkTestKit.contents(of: result.dataset)
        issues = result.issues
    }

    /// Arrays and groups of `whole` that lack something here, and for which no issue accounts: one of themselves, or of
    /// something around them.
    func losses(of whole: ScanOutcome) -> [String] {
        whole.contents.keys.sorted().filter { path in
            guard !isAsMuch(contents[path], whole.contents[path] ?? []) else { return false }
            return !issues.contains { issue in
                let object = issue.object.drop { $0 == "/" }
                return !whole.issues.contains(issue)
                    && (object.isEmpty || path == object || path.hasPrefix(object + "/")
                        || issue.reason.contains("\"\(path.split(separator: "/").last ?? "")\""))
            }
        }
    }

    private func isAsMuch(_ lines: [String]?, _ right: [String]) -> Bool {
        guard let lines else { return false }
        return lines.count >= right.count
    }
}

struct ScannerCheck {
    let scanner: any FormatScanner
    let fixture: ScannerFixture
    let codecs: CodecDirectory
    let findings: Findings

    static let folder = "/fixtures/"
    var url: String { Self.folder + fixture.name }
    var file: MemorySource { MemorySource(fixture.bytes, url: url) }

    /// The contract's one scanning call.
    func scan(
        _ source: any ByteSource, salvages: Bool? = nil, limits: ScanLimits = ScanLimits(),
        cancellation: Cancellation = Cancellation(), change: (inout ScanOptions) -> Void = { _ in }
    ) throws -> ScanResult {
        var options = ScanOptions()
        // Of small files some chunks shall be embedded, and others not.
        options.inlineThreshold = 16
        options.salvages = salvages ?? fixture.isCutOff
        change(&options)
        let siblings = fixture.siblings
        let context = ScanContext(
            options: options, limits: limits, codecs: codecs, cancellation: cancellation
        ) { url in
            guard let bytes = siblings[url.split(separator: "/").last.map(String.init) ?? ""] else {
                throw KerchunkError(.notFound, "there is no such file", url: url)
            }
            return MemorySource(bytes, url: url)
        }
        return try scanner.scan(.file(source), in: context)
    }

    private func recognizes(_ source: any ByteSource) throws -> Bool {
        var probe = try Probe(.file(source))
        return try probe.recognized(among: [scanner]) != nil
    }

    func whole() -> ScanOutcome? {
        findings.result("a scan") {
            let result = try scan(file)
            outside(result, "the whole file")
            return try ScanOutcome(result)
        }
    }

    /// Adds a finding where a chunk of `result` does not lie in its file.
    func outside(
        _ result: ScanResult, _ what: @autoclosure () -> String, from start: UInt64 = 0, to end: UInt64? = nil
    ) {
        let own = end ?? UInt64(fixture.bytes.count)
        let sources = result.dataset.sources
        _ = findings.result(what()) {
            try result.dataset.root.forEachArray { path, array in
                findings.expect(
                    ChunkGrid(covering: array.shape, by: array.chunkShape) == array.chunks.grid,
                    "\(what()): the chunks of \"\(path)\" are not those of its shape")
                try array.chunks.forEachRun { _, manifest in
                    manifest.forEachPresent { _, location in
                        guard case .range(let source, let range) = location else { return }
                        let url = sources[source].url
                        let sibling = fixture.siblings[url.split(separator: "/").last.map(String.init) ?? ""]
                        let bounds = url == self.url ? (start, own) : (0, UInt64(sibling?.count ?? 0))
                        findings.expect(
                            range.offset >= bounds.0 && range.end <= bounds.1,
                            "\(what()): a chunk of \"\(path)\" at \(range.offset)..<\(range.end) of \(url) lies outside"
                        )
                    }
                }
            }
        }
    }

    // MARK: Whole files

    func recognition(_ strangers: [Bytes]) {
        findings.expect(
            findings.result("a probe", { try recognizes(file) }) != false, "the file is not recognized")
        for stranger in strangers + [Bytes(), Bytes("{\"version\": 1}")] {
            let isTaken = findings.result("a probe") { try recognizes(MemorySource(stranger, url: "/x")) }
            findings.expect(
                isTaken != true, "a file that starts with \(stranger.array.prefix(8)) is recognized")
        }
    }

    func sources(_ whole: ScanOutcome) {
        let sources: [(String, () throws -> any ByteSource)] = [
            ("a second time", { file }),
            ("range by range", { SlowSource(file) }),
            ("through blocks of 64 bytes", { try ReadaheadSource(file, block: 64, capacity: 3) }),
            ("through a large block", { try ReadaheadSource(file) }),
        ]
        for (how, source) in sources {
            let outcome = findings.result("a scan \(how)") { try ScanOutcome(scan(source())) }
            findings.expect(
                outcome.map { $0 == whole } ?? true, "a scan \(how) says something else")
        }
    }

    func placements(_ whole: ScanOutcome) {
        let (start, behind) = (UInt64(1000), 77)
        let outer = Bytes(
            [UInt8](repeating: 0xA5, count: Int(start)) + fixture.bytes.array
                + [UInt8](repeating: 0x5A, count: behind))
        let end = start + UInt64(fixture.bytes.count)
        let inner = SubrangeSource(MemorySource(outer, url: url), window: ByteRange(start..<end))
        _ = findings.result("a scan of a file inside another") {
            let result = try scan(inner)
            outside(result, "a file inside another", from: start, to: end)
            let (moved, plain) = try (ranges(result), ranges(scan(file)))
            findings.expect(
                moved == plain.map { $0.map { ByteRange($0.offset + start..<$0.end + start) } },
                "references into the outer file do not lie where the inner one does")
        }
        // Bytes that exist nowhere as they are.
        if case .success(let result) = findings.outcome(
            "a scan of a source without a placement", { try scan(MemorySource(fixture.bytes)) })
        {
            let isReferenced = try? contents(of: result.dataset).values.contains { lines in
                lines.contains { $0.hasPrefix("chunk ") && !$0.contains(": inline ") }
            }
            findings.expect(isReferenced != true, "a source without a placement is referenced")
        }
    }

    /// Of all chunks, in order, where they lie in this file; nil for others.
    private func ranges(_ result: ScanResult) throws -> [ByteRange?] {
        var ranges: [ByteRange?] = []
        try result.dataset.root.forEachArray { _, array in
            try array.chunks.forEachRun { _, manifest in
                manifest.forEachPresent { _, location in
                    guard case .range(let source, let range) = location,
                        result.dataset.sources[source].url == url
                    else { return ranges.append(nil) }
                    ranges.append(range)
                }
            }
        }
        return ranges
    }

    // MARK: Sources that fail, are slow, or are stopped

    private static let triedBatches = 12

    func failingReads() {
        // All chunks are read, as they are embedded.
        func scanAll(_ source: any ByteSource) throws -> ScanResult {
            try scan(source) { $0.inlineThreshold = 1 << 20 }
        }
        let counting = CountingSource(file)
        guard
            let whole = findings.result(
                "a scan that embeds all", { try ScanOutcome(scanAll(counting)) })
        else { return }
        for number in 0..<min(counting.batches, Self.triedBatches) {
            for isForEver in [false, true] {
                let flaky = FlakySource(file) { $0 == number || isForEver && $0 > number }
                let what =
                    "a scan whose batch \(number) of reads fails\(isForEver ? ", and all behind it" : "")"
                switch findings.outcome(what, { try ScanOutcome(scanAll(flaky)) }) {
                case .failure(let error):
                    findings.expect(
                        error.kind == FlakySource.error.kind && error.isTransient
                            && error.message.contains(FlakySource.error.message),
                        "\(what) ends with another error: \(error)")
                case .success(let outcome):
                    // It may have been read again.
                    findings.expect(
                        outcome == whole, "\(what) ends without an error, and says something else")
                }
            }
        }
    }

    func cancellation(_ whole: ScanOutcome) {
        let before = Cancellation()
        before.cancel()
        let counting = CountingSource(file)
        findings.failure("a scan that is cancelled before it starts", [.cancelled]) {
            try scan(counting, cancellation: before)
        }
        findings.expect(
            counting.batches == 0,
            "a scan that is cancelled before it starts reads \(counting.batches) batches")
        for number in 0..<4 {
            let cancellation = Cancellation()
            let slow = SlowSource(file, milliseconds: 1) { if $0 == number { cancellation.cancel() } }
            switch findings.outcome(
                "a scan that is cancelled while it reads",
                { try ScanOutcome(scan(slow, cancellation: cancellation)) })
            {
            case .failure(let error):
                findings.expect(error.kind == .cancelled, "a scan that is cancelled ends with \(error)")
            case .success(let outcome):
                findings.expect(outcome == whole, "a scan that is cancelled leaves something out")
            }
            findings.expect(
                slow.batches <= number + 2,
                "a scan that is cancelled during batch \(number) of reads goes on to \(slow.batches) of them")
        }
    }
}
