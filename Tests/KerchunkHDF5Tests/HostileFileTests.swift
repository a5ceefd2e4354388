// SPDX-License-Identifier: Apache-2.0
// Truncated and bit-flipped files: an error or an issue, never a trap or a hang.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

/// Small real files: those of Fixtures, and of the corpus where it is at hand.
private let smallFiles: [String] = {
    let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let corpus = Platform.environment("KERCHUNK_CORPUS") ?? package + "/../shared/corpus"
    let patterns =
        ["hdf5", "netcdf4", "broken"].map { package + "/Fixtures/\($0)/*" }
        + ["hdf5", "netcdf4", "bad/hdf5"].map { corpus + "/\($0)/*/*" }
    let found = patterns.flatMap { (try? LocalStore.glob($0)) ?? [] }
    return found.filter { path in
        guard let status = try? Platform.status(path) else { return false }
        return status.isRegular && status.size <= 12 << 10
    }
}()

@Suite struct HostileFileTests {
    /// Walks whatever can be walked; the values are windows, so touching each is cheap.
    private func walk(_ bytes: Bytes) -> Int {
        do {
            let found = try HDF5File.open(MemorySource(bytes)).hierarchy()
            return found.nodes.reduce(0) { $0 + $1.object.attributes.count }
        } catch {
            return 0
        }
    }

    @Test func everyPrefixEndsWell() throws {
        for path in smallFiles {
            let bytes = try readAll(path)
            // Prefixes of a large file take time by its square; each place is a boundary of some file.
            let step = max(1, bytes.count / 400)
            for length in stride(from: 0, to: bytes.count, by: step) { _ = walk(bytes[0..<length]) }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func flippedBitsEndWell(_ seed: UInt64) throws {
        for (index, path) in smallFiles.enumerated() {
            let bytes = try readAll(path)
            for round in 0..<12 {
                // The seed of a failure is this sum.
                let place = seed * 1_000_003 + UInt64(index) * 101 + UInt64(round)
                _ = walk(flippingBits(of: bytes, count: 1 + round % 5, seed: place))
            }
        }
    }

    /// Bits flipped before the checksums are made, so that they reach the decoders of messages.
    @Test func flippedMessagesEndWell() {
        var file = TinyFile(slot: 512)
        file.objects = [
            [.linkInfo, .hard("a", file.address(of: 1)), .soft("s", "/a/x"), .attribute("n", 1)],
            [.linkInfo, .hard("x", file.address(of: 2))], TinyFile.Message.scalar,
        ]
        for object in file.objects.indices {
            for message in file.objects[object].indices {
                for position in file.objects[object][message].body.indices {
                    for bit in 0..<8 {
                        var changed = file
                        changed.objects[object][message].body[position] ^= 1 << UInt8(bit)
                        _ = walk(changed.bytes)
                    }
                }
            }
        }
    }

    private func readAll(_ path: String) throws -> Bytes {
        let file = try LocalFile(path)
        return try file.read(ByteRange(0..<file.size()))
    }
}
