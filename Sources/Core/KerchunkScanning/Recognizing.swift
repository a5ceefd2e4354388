// SPDX-License-Identifier: Apache-2.0
// Which of several formats a target has.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

extension Probe {
    /// How often formats are asked about one target.
    private static let rounds = 4

    /// The first of `scanners` that recognizes the target. One that can tell by what has been read goes before those that need
    /// more, whose needs are then fetched together.
    /// - Parameter willLookFurther: called before more than the start is read; throws where that is of no use.
    package mutating func recognized(
        among scanners: [any FormatScanner], willLookFurther: () throws -> Void = {}
    ) throws -> (any FormatScanner)? {
        var candidates = scanners.filter { !isFolder || $0.format.takesFolders }
        for round in 0..<Self.rounds {
            var undecided: [any FormatScanner] = []
            var needed: [Look] = []
            for scanner in candidates {
                switch scanner.recognizes(self) {
                case .yes: return scanner
                case .no: break
                case .needs(let looks):
                    let looks = worthwhile(looks, for: scanner.format)
                    guard !looks.isEmpty else { continue }
                    undecided.append(scanner)
                    needed += looks
                }
            }
            guard !undecided.isEmpty else { return nil }
            if round == 0 { try willLookFurther() }
            try fetch(needed)
            candidates = undecided
        }
        return nil
    }

    /// The target, which gives again what this probe has read behind the start: a scanner finds its place as it was recognized.
    package var targetOfScan: Target {
        guard case .file(let source) = target, !further.isEmpty else { return target }
        return .file(ProbedSource(base: source, known: further))
    }
}

/// A file of which some ranges are known.
private struct ProbedSource: ByteSource {
    let base: any ByteSource
    let known: [ByteRange: Bytes]

    var placement: Placement? { base.placement }
    var name: String { base.name }
    var stamp: SourceStamp { get throws { try base.stamp } }
    var currentStamp: SourceStamp { get throws { try base.currentStamp } }
    var givesParts: Bool { get throws { try base.givesParts } }
    var preferredBatch: UInt64 { base.preferredBatch }
    func size() throws -> UInt64 { try base.size() }

    func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        let missing = ranges.filter { known[$0] == nil }
        if missing.count == ranges.count { return try base.read(ranges) }
        var read = missing.isEmpty ? [][...] : try base.read(missing)[...]
        return ranges.map { known[$0] ?? read.removeFirst() }
    }
}
