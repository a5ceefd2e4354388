// SPDX-License-Identifier: Apache-2.0
// HDF5 and netCDF-4 keep the contract of formats.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

/// Small files: the fixtures, those that are broken, and some of the corpus where it is at hand.
private let fixtures: [ScannerFixture] = {
    let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let corpus = Platform.environment("KERCHUNK_CORPUS") ?? package + "/../shared/corpus"
    let own = ["hdf5", "netcdf4"].map { package + "/Fixtures/\($0)/*" }
    let others =
        [package + "/Fixtures/broken/*"] + ["hdf5", "netcdf4", "bad/hdf5"].map { corpus + "/\($0)/*/*" }
    func files(_ patterns: [String]) -> [(name: String, bytes: Bytes)] {
        patterns.flatMap { (try? LocalStore.glob($0)) ?? [] }.compactMap { path in
            guard let status = try? Platform.status(path), status.isRegular, status.size <= 12 << 10,
                let bytes = try? Platform.readToEnd(path)
            else { return nil }
            return (path.split(separator: "/").last.map(String.init) ?? path, Bytes(bytes))
        }
    }
    let known = files(own)
    let siblings = Dictionary(known, uniquingKeysWith: { one, _ in one })
    return known.filter { !$0.name.hasSuffix(".bin") }.map {
        ScannerFixture($0.name, $0.bytes, siblings: siblings)
    }
        + files(others).map { ScannerFixture($0.name, $0.bytes, isBroken: true) }
}()

@Suite struct BehaviourTests {
    private let codecs = CodecDirectory(BuiltinCompression.entries)

    @Test func thereAreFixtures() { #expect(fixtures.count >= 100) }

    @Test(arguments: fixtures) func theContractIsKept(_ file: ScannerFixture) {
        let strangers = [fixture("netcdf3/classic.nc"), Bytes("\u{89}HDF"), Bytes([0x89, 0x48, 0x44, 0x46])]
        #expect(
            checkScanner(HDF5Scanner(), file, codecs: codecs, strangers: strangers, prefixes: 150, flips: 40)
                == [])
    }
}
