// SPDX-License-Identifier: Apache-2.0
// Scans of what is cut off, changed, or larger than allowed.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

extension ScannerCheck {
    /// Each limit at its smallest: nothing may be lost without an issue.
    func limits(_ whole: ScanOutcome) {
        let changes: [(String, (inout ScanLimits) -> Void)] = [
            ("depth", { $0.depth = 1 }), ("objects", { $0.objects = 1 }),
            ("structureSize", { $0.structureSize = 16 }), ("chunks", { $0.chunks = 1 }),
            ("decodedChunk", { $0.decodedChunk = 1 }), ("embedded", { $0.embedded = 1 }),
        ]
        for (name, change) in changes {
            var limits = ScanLimits()
            change(&limits)
            let what = "a scan with the smallest \(name)"
            guard
                case .success(let outcome) = findings.outcome(
                    what, { try ScanOutcome(scan(file, limits: limits)) })
            else { continue }
            let losses = outcome.losses(of: whole)
            findings.expect(losses.isEmpty, "\(what) loses \(losses) without an issue")
        }
        var limits = ScanLimits()
        limits.batch = 1
        let outcome = findings.result("a scan in batches of a byte") {
            try ScanOutcome(scan(file, limits: limits))
        }
        findings.expect(
            outcome.map { $0 == whole } ?? true, "a scan in batches of a byte says something else")
    }

    /// What is left of the file has its chunks inside, and an issue for what is gone; without `--salvage`, a prefix that
    /// is not the whole of it is refused or has issues.
    func truncation(_ whole: ScanOutcome, _ most: Int) {
        for length in prefixLengths(of: fixture.bytes.count, most: most) {
            let source = TruncatedSource(file, to: UInt64(length))
            for salvages in [false, true] {
                let what = "a scan of the first \(length) bytes\(salvages ? " with --salvage" : "")"
                guard
                    case .success(let result) = findings.outcome(
                        what, { try scan(source, salvages: salvages) }),
                    let outcome = findings.result(what, { try ScanOutcome(result) })
                else { continue }
                outside(result, what, to: UInt64(length))
                let losses = outcome.losses(of: whole)
                findings.expect(
                    losses.isEmpty || !fixture.saysItsLength, "\(what) loses \(losses) without an issue")
            }
            survive(source, "the first \(length) bytes, split", end: UInt64(length), splits: [true])
        }
    }

    /// Bytes that no writer wrote, also of files that are broken already; the number of a failure is its seed.
    func hostileBytes(prefixes: Int, flips: Int) {
        if fixture.isBroken {
            for length in prefixLengths(of: fixture.bytes.count, most: prefixes) {
                survive(
                    TruncatedSource(file, to: UInt64(length)), "the first \(length) bytes",
                    end: UInt64(length))
            }
            survive(file, "the file", end: UInt64(fixture.bytes.count))
        }
        for seed in 0..<UInt64(flips) {
            // Most of what matters stands at the start.
            let reach: UInt64? = seed % 3 == 0 ? 1024 : nil
            let count = 1 + Int(seed % 5)
            guard let source = try? BitFlippingSource(file, count: count, seed: seed, reach: reach) else {
                continue
            }
            survive(source, "flipped bits of seed \(seed)", end: UInt64(fixture.bytes.count))
        }
    }

    private func survive(
        _ source: any ByteSource, _ what: @autoclosure () -> String, end: UInt64,
        splits: [Bool] = [false, true]
    ) {
        for splits in splits {
            let outcome = findings.outcome(what()) {
                try scan(source, salvages: true) { if splits { $0.maximumChunkSize = 8 } }
            }
            if case .success(let result) = outcome { outside(result, what(), to: end) }
        }
    }
}
