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

        func tree(of target: Target, in context: ScanContext) throws -> ScannedTree {
            var context = context
            var source = try target.file()
            if fault == .neverStops {
                context.cancellation = Cancellation()
                for _ in 0..<8 { _ = try source.read(ByteRange(0..<4)) }
            }
            if fault == .forgetsPlacement { source = Misplaced(base: source) }
            do {
                var tree =
                    fault == .movesChunks || fault == .invents
                    ? try moved(source, in: context)
                    : try NetCDF3Scanner().tree(of: .file(source), in: context)
                if fault == .guesses { tree.attributes["time"] = .integer(Platform.monotonicTime) }
                return tree
            } catch let error as KerchunkError where fault == .swallowsErrors && error.kind == .network {
                var tree = ScannedTree(in: context)
                tree.issues = [Issue(object: "/", reason: "left out")]
                return tree
            } catch let error as KerchunkError where fault == .losesSilently && error.kind == .malformed {
                return ScannedTree(in: context)
            } catch let error as KerchunkError where fault == .forgetsWhy && error.kind == .network {
                throw KerchunkError(.malformed, "the file cannot be read")
            }
        }

        /// Each variable in one chunk, far behind the end of the file, or by a byte where the file lies inside another.
        private func moved(_ source: any ByteSource, in context: ScanContext) throws -> ScannedTree {
            let isInner = source.placement?.baseOffset ?? 0 > 0
            let distance: UInt64 = fault == .invents ? 1 << 40 : isInner ? 1 : 0
            let header = try HeaderReader(limits: context.limits, cancellation: context.cancellation)
                .read(source)
            let layout = try DataLayout(header, fileSize: try source.size())
            var tree = ScannedTree(in: context)
            var translator = VariableTranslator(
                header: header, layout: layout, source: try tree.sources.add(source),
                fileSize: try source.size())
            for (variable, place) in zip(header.variables, layout.places)
            // Small chunks would be read.
            where !place.shape.contains(0) && place.size >= 16 {
                try tree.addArray(variable.name) {
                    var array = translator.translate(variable, place)
                    var builder = ManifestBuilder(grid: .scalar)
                    if let grid = ChunkGrid(covering: place.shape, by: place.shape) {
                        builder = ManifestBuilder(grid: grid)
                    }
                    builder.set(
                        0, source: translator.source, offset: place.begin + distance, length: place.size)
                    array.data = .chunks(ScannedChunks(shape: place.shape, manifest: builder.finish()))
                    return array
                }
            }
            return tree
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
        (.neverStops, "goes on to"),
        (.invents, "lies outside"), (.forgetsWhy, "ends with another error"),
    ])
    func faultsAreSeen(_ fault: Fault, _ sentence: String) throws {
        let classic = try #require(fixtures.first { $0.name == "classic.nc" })
        let found =
            checkScanner(FaultyScanner(fault: fault), classic, strangers: strangers, prefixes: 100, flips: 10)
        #expect(found.contains { $0.contains(sentence) }, "\(found)")
    }
}
