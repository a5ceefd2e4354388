// SPDX-License-Identifier: Apache-2.0
// The fixtures as a whole, and headers of any bytes; what becomes of files that are cut off: `BehaviourTests`.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkNetCDF3

private let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
private let fixtures = (try? LocalStore.glob(package + "/Fixtures/netcdf3/*.nc")) ?? []

private func readAll(_ path: String) throws -> Bytes {
    let file = try LocalFile(path)
    return try file.read(ByteRange(0..<file.size()))
}

private func scan(_ bytes: Bytes, splitting: Bool = false) throws -> ScanResult {
    var options = ScanOptions()
    options.inlineThreshold = 16
    options.salvages = true
    if splitting { options.maximumChunkSize = 8 }
    return try NetCDF3Scanner().scan(.file(MemorySource(bytes, url: "/f")), in: ScanContext(options: options))
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
        #expect(NetCDF3Scanner().recognizes(try Probe(.file(file))) == .yes)
        let source = CountingSource(file)
        var options = ScanOptions()
        options.salvages = path.contains("/short_")
        let result = try NetCDF3Scanner().scan(.file(source), in: ScanContext(options: options))
        #expect(source.batches <= 2)
        let isOdd = options.salvages || path.contains("/latin1")
        #expect(result.issues.isEmpty == !isOdd)
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
