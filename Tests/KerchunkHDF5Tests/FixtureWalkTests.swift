// SPDX-License-Identifier: Apache-2.0
// The fixtures as a whole: nothing of them is malformed, and reads are few.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

private let fixtures: [String] = {
    let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return ["hdf5/*.h5", "netcdf4/*.nc"].flatMap { (try? LocalStore.glob(package + "/Fixtures/" + $0)) ?? [] }
}()

@Suite struct FixtureWalkTests {
    @Test(arguments: fixtures)
    func nothingIsMalformed(_ path: String) throws {
        let found = try HDF5File.open(try LocalFile(path)).hierarchy()
        #expect(found.nodes.first?.path == "/")
        #expect(found.issues.filter { $0.reason.contains("malformed") }.isEmpty)
    }

    /// Superblock and extension, then for each level of groups: headers, continuations, indexes, heaps, shared parts.
    @Test(arguments: fixtures)
    func readsFollowTheDepth(_ path: String) throws {
        let source = CountingSource(try LocalFile(path))
        let found = try HDF5File.open(source).hierarchy()
        let depth = found.nodes.map { $0.path.split(separator: "/").count }.max() ?? 0
        #expect(source.batches <= 8 + 10 * (depth + 1), "\(found.nodes.count) nodes, \(depth) levels")
    }

    @Test func denseAttributesCostAFixedNumberOfReads() throws {
        guard let path = fixtures.first(where: { $0.hasSuffix("/attributes_dense.h5") }) else { return }
        let source = CountingSource(try LocalFile(path))
        let found = try HDF5File.open(source).hierarchy()
        #expect(found.nodes.reduce(0) { $0 + $1.object.attributes.count } > 8)
        #expect(source.batches <= 12)
    }
}
