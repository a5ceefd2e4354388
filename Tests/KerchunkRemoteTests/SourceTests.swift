// SPDX-License-Identifier: Apache-2.0
// Files of web servers keep the contract of sources; S3, Google and Azure: python/tests/oracles.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkRemote

@Suite struct SourceTests {
    let server: FaultServer

    init() throws { server = try FaultServer() }

    private func store(_ options: [String: String] = [:]) throws -> HTTPStore {
        try HTTPStore(StorageAccess(StorageOptions(options)))
    }

    /// Below and above what the first answer holds, from good servers and bad ones.
    @Test(arguments: [
        "/made/0?", "/made/1?", "/made/100000?", "/made/600000?", "/made/600000?no_range",
        "/made/600000?no_size",
        "/made/600000?rate=0.05",
    ])
    func theContractIsKept(_ path: String) throws {
        let size = try #require(UInt64(path.split { "/?".contains($0) }[1]))
        let source = try store().open(server.url(path))
        let bytes = madeBytes(0..<size)
        #expect(checkByteSource(source, holds: bytes, inside: bytes, batches: 20) == [])
    }

    @Test func theContractOfStoresIsKept() throws {
        var objects: [String: Bytes] = [:]
        for name in ["netcdf3/classic.nc", "archives/stored.zip", "hdf5/empty.h5"] {
            objects[server.url("/files/" + name)] = fixture(name)
        }
        let store = try store()
        #expect(
            checkObjectStore(store, holding: objects, below: server.url("/files/"), isListed: false) == [])
        let folder = StoreFolder(server.url("/files"), in: store)
        let names = Dictionary(
            uniqueKeysWithValues: objects.map {
                (String($0.key.dropFirst(server.url("/files/").count)), $0.value)
            })
        #expect(checkObjectStore(folder, holding: names, isListed: false) == [])
    }
}
