// SPDX-License-Identifier: Apache-2.0
// Counts over all files of a scan.

import Kerchunk
import Synchronization

// A class because all worker threads add to it.
final class ScanTally: Sendable {
    struct Counts {
        var scanned = 0
        var skipped = 0
        /// Numbers of the inputs that failed, and why.
        var failed: [(number: Int, error: KerchunkError)] = []
        var withIssues = 0
        var references: UInt64 = 0
        /// Variables that were found, each once.
        var names: Set<String> = []
        /// Names of variables to include that no scanned file has; nil where none was scanned.
        var unmatchedNames: Set<String>?

        /// Spec: docs/command-line.md, "The report".
        var json: JSONValue {
            [
                "scanned": .integer(scanned), "skipped": .integer(skipped), "failed": .integer(failed.count),
                "with_issues": .integer(withIssues), "variables": .integer(names.count),
                "references": .integer(references),
            ]
        }
    }

    private let state = Mutex(Counts())
    private static let nameLimit = 100_000

    var counts: Counts { state.withLock { $0 } }

    func add(_ outcome: ScanOutcome, number: Int) {
        state.withLock { counts in
            if !outcome.issues.isEmpty { counts.withIssues += 1 }
            if let error = outcome.error {
                counts.failed.append((number, error))
            } else if outcome.isSkipped {
                counts.skipped += 1
            } else {
                counts.scanned += 1
                counts.references += outcome.references
                if counts.names.count < Self.nameLimit { counts.names.formUnion(outcome.names) }
                counts.unmatchedNames =
                    counts.unmatchedNames?.intersection(outcome.unmatchedNames) ?? Set(outcome.unmatchedNames)
            }
        }
    }
}
