// SPDX-License-Identifier: Apache-2.0
// netCDF-3 keeps the contract of formats, and the suite sees scanners that do not.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkNetCDF3

private let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

/// The fixtures, those that are broken, and small files of the corpus where it is at hand.
private let fixtures: [ScannerFixture] = {
    let corpus = Platform.environment("KERCHUNK_CORPUS") ?? package + "/../shared/corpus"
    let patterns = [
        (package + "/Fixtures/netcdf3/*.nc", false), (package + "/Fixtures/broken/netcdf3_*.nc", true),
        (corpus + "/netcdf3/*/*", true), (corpus + "/bad/netcdf3/*/*", true),
    ]
    return patterns.flatMap { pattern, isBroken in
        ((try? LocalStore.glob(pattern)) ?? []).compactMap { path in
            guard let bytes = try? Platform.readToEnd(path), bytes.count <= 12 << 10 else { return nil }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return ScannerFixture(
                name, Bytes(bytes), isCutOff: name.hasPrefix("short_"), isBroken: isBroken,
                // The number of records stands for "as many as there are".
                saysItsLength: !name.hasPrefix("streaming_"))
        }
    }
}()

@Suite struct BehaviourTests {
    private let strangers = [
        fixture("hdf5/empty.h5"), Bytes("CDF"), Bytes("CDF\u{3}"), Bytes("CDF\u{4}"), Bytes("hello"),
    ]

    @Test func thereAreFixtures() { #expect(fixtures.count >= 40) }

    @Test(arguments: fixtures) func theContractIsKept(_ fixture: ScannerFixture) {
        #expect(
            checkScanner(NetCDF3Scanner(), fixture, strangers: strangers, prefixes: 1000, flips: 400) == [])
    }

    // MARK: Faults

    enum Fault: String, CaseIterable {
        case takesAll, guesses, movesChunks, forgetsPlacement, losesSilently, swallowsErrors, neverStops,
            invents
        case forgetsWhy
    }

    /// The scanner with a fault.
    private struct FaultyScanner: FormatScanner {
        let format = Format("faulty", name: "faulty", endings: [])
        let fault: Fault

        func recognizes(_ probe: Probe) -> Recognition {
            fault == .takesAll ? .yes : NetCDF3Scanner().recognizes(probe)
        }

        func scan(_ target: Target, in context: ScanContext) throws -> ScanResult {
            var context = context
            if fault == .neverStops { context.cancellation = Cancellation() }
            if fault == .losesSilently { context.options.salvages = true }
            var source = try target.file()
            if fault == .forgetsPlacement { source = Misplaced(base: source) }
            do {
                var result = try NetCDF3Scanner().scan(.file(source), in: context)
                if fault == .losesSilently { result.issues = [] }
                if fault == .guesses {
                    result.dataset.root.attributes["time"] = .integer(Platform.monotonicTime)
                }
                if fault == .movesChunks || fault == .invents {
                    let isInner = source.placement?.baseOffset ?? 0 > 0
                    try Self.move(&result.dataset, by: fault == .invents ? 1 << 40 : 1, isInner: isInner)
                }
                return result
            } catch let error as KerchunkError where fault == .swallowsErrors && error.kind == .network {
                return ScanResult(
                    VirtualDataset(), issues: [Issue(object: "/", reason: "left out")], format: format)
            } catch let error as KerchunkError where fault == .forgetsWhy && error.kind == .network {
                throw KerchunkError(.malformed, "the file cannot be read")
            }
        }

        private static func move(_ dataset: inout VirtualDataset, by distance: UInt64, isInner: Bool) throws {
            for name in dataset.root.names { try move(&dataset, name, by: distance, isInner) }
        }

        private static func move(
            _ dataset: inout VirtualDataset, _ name: String, by distance: UInt64, _ isInner: Bool
        ) throws {
            guard case .array(var array) = dataset.root[name] else { return }
            var builder = ManifestBuilder(grid: array.chunks.grid)
            try array.chunks.forEachRun { start, manifest in
                manifest.forEachPresent { position, location in
                    guard case .range(let source, let range) = location else {
                        return builder.set(start + position, location)
                    }
                    // Far behind the end, or by a byte where the file lies inside another.
                    let moved = range.offset + (distance > 1 || isInner ? distance : 0)
                    builder.set(start + position, .range(source, ByteRange(moved..<moved + range.count)))
                }
            }
            array.chunks = builder.finish()
            dataset.root[name] = .array(array)
        }
    }

    /// A source that says it lies at the start of its file.
    private struct Misplaced: ByteSource {
        let base: any ByteSource
        var placement: Placement? { Placement(url: base.placement?.url ?? "/fixtures/x") }
        var stamp: SourceStamp { get throws { try base.stamp } }
        func size() throws -> UInt64 { try base.size() }
        func read(_ ranges: [ByteRange]) throws -> [Bytes] { try base.read(ranges) }
    }

    @Test(arguments: [
        (Fault.takesAll, "is recognized"), (.guesses, "a scan a second time says something else"),
        (.movesChunks, "references into the outer file do not lie where the inner one does"),
        (.forgetsPlacement, "a source without a placement is referenced"),
        (.losesSilently, "without an issue"),
        (.swallowsErrors, "ends without an error"),
        (.neverStops, "that is cancelled before it starts: no error"),
        (.invents, "lies outside"), (.forgetsWhy, "ends with another error"),
    ])
    func faultsAreSeen(_ fault: Fault, _ sentence: String) throws {
        let classic = try #require(fixtures.first { $0.name == "classic.nc" })
        let found =
            checkScanner(FaultyScanner(fault: fault), classic, strangers: strangers, prefixes: 100, flips: 10)
        #expect(found.contains { $0.contains(sentence) }, "\(found)")
    }
}
