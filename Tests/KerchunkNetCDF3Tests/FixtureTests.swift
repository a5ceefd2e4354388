// SPDX-License-Identifier: Apache-2.0
// The fixtures as a whole, and what becomes of them when bytes are lost or changed.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkNetCDF3

private let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
private let fixtures = (try? LocalStore.glob(package + "/Fixtures/netcdf3/*.nc")) ?? []
/// The small ones, those of the corpus and the broken ones too.
private let smallFiles: [String] = {
    let corpus = Platform.environment("KERCHUNK_CORPUS") ?? package + "/../shared/corpus"
    let patterns = [
        package + "/Fixtures/broken/netcdf3_*.nc", corpus + "/netcdf3/*/*", corpus + "/bad/netcdf3/*/*",
    ]
    let found = patterns.flatMap { (try? LocalStore.glob($0)) ?? [] }
    return fixtures
        + found.filter { path in
            guard let status = try? Platform.status(path) else { return false }
            return status.isRegular && status.size <= 12 << 10
        }
}()

private func readAll(_ path: String) throws -> Bytes {
    let file = try LocalFile(path)
    return try file.read(ByteRange(0..<file.size()))
}

private func scan(_ bytes: Bytes, splitting: Bool = false) throws -> ScanResult {
    var options = ScanOptions()
    options.inlineThreshold = 16
    options.salvages = true
    if splitting { options.maximumChunkSize = 8 }
    return try NetCDF3Scanner().scan(MemorySource(bytes, url: "/f"), in: ScanContext(options: options))
}

/// Scans what may be damaged: an error, or references inside the file.
private func survive(_ bytes: Bytes) {
    for splitting in [false, true] {
        guard let result = try? scan(bytes, splitting: splitting) else { continue }
        result.dataset.root.forEachArray { path, array in
            guard let manifest = array.chunks as? MemoryManifest else { return }
            manifest.manifest.forEachPresent { _, location in
                if case .range(_, let range) = location { #expect(range.end <= bytes.count, "\(path)") }
            }
        }
    }
}

@Suite struct FixtureTests {
    @Test func thereAreFixtures() { #expect(fixtures.count >= 25) }

    @Test(arguments: fixtures)
    func eachIsRecognizedAndScannedInTwoReads(_ path: String) throws {
        let file = try LocalFile(path)
        #expect(NetCDF3Scanner.recognizes(try FormatProbe(file)))
        let source = CountingSource(file)
        var options = ScanOptions()
        options.salvages = path.contains("/short_")
        let result = try NetCDF3Scanner().scan(source, in: ScanContext(options: options))
        #expect(source.batches <= 2)
        let isOdd = options.salvages || path.contains("/latin1")
        #expect(result.issues.isEmpty == !isOdd)
    }

    @Test func otherFilesAreNotRecognized() throws {
        for start in ["", "CDF", "CDF\u{3}", "CDF\u{4}", "\u{89}HDF\r\n\u{1A}\n", "hello"] {
            let probe = try FormatProbe(MemorySource(Bytes(start.unicodeScalars.map { UInt8($0.value) })))
            #expect(!NetCDF3Scanner.recognizes(probe), "\(start)")
        }
    }

    @Test func everyPrefixEndsWell() throws {
        for path in smallFiles {
            let bytes = try readAll(path)
            for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 1000)) {
                survive(bytes[0..<length])
            }
        }
    }

    /// A prefix that holds all of the header shows all variables, or says why not; what is missing has an issue.
    @Test func prefixesLoseNothingSilently() throws {
        for path in fixtures where !path.contains("streaming") {
            let bytes = try readAll(path)
            let whole = try scan(bytes)
            for length in 0..<bytes.count {
                guard let result = try? scan(bytes[0..<length]) else { continue }
                for name in whole.dataset.root.names where result.dataset.root[name] == nil {
                    #expect(result.issues.contains { $0.object == "/\(name)" }, "\(path) \(length) \(name)")
                }
                for name in result.dataset.root.names {
                    guard case .array(let one) = result.dataset.root[name],
                        case .array(let other) = whole.dataset.root[name],
                        let found = one.chunks as? MemoryManifest, let all = other.chunks as? MemoryManifest
                    else { continue }
                    let isWhole = found.manifest.presentCount == all.manifest.presentCount
                    #expect(
                        isWhole || result.issues.contains { $0.object == "/\(name)" }
                            || result.issues.contains { $0.reason.contains("\"\(name)\"") },
                        "\(path) \(length) \(name)")
                }
            }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func flippedBitsEndWell(_ seed: UInt64) throws {
        for (index, path) in smallFiles.enumerated() {
            let bytes = try readAll(path)
            // Most of what matters is the header.
            let header = bytes[0..<min(bytes.count, 1024)]
            let rest = bytes.dropping(header.count).array
            for round in 0..<60 {
                // The seed of a failure is this sum.
                let place = seed * 1_000_003 + UInt64(index) * 101 + UInt64(round)
                let flipped = flippingBits(of: header, count: 1 + round % 5, seed: place)
                survive(Bytes(flipped.array + rest))
            }
        }
    }

    @Test func everyByteOfAHeaderMayBeAnything() throws {
        let bytes = try readAll(package + "/Fixtures/netcdf3/times.nc")
        for position in 0..<bytes.count {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var changed = bytes.array
                changed[position] = value
                survive(Bytes(changed))
            }
        }
    }
}
