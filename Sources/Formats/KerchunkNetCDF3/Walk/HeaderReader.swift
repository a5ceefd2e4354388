// SPDX-License-Identifier: Apache-2.0
// Fetches as much of a file as its header takes.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Reads the header in one batch where it is of common size, else in a few that grow.
struct HeaderReader {
    let limits: ScanLimits
    let cancellation: Cancellation

    /// Bytes of the first read: what the probe of formats has fetched already.
    static let firstRead = Probe.length
    /// How many times as much is asked for where the header goes on.
    static let growth: UInt64 = 8

    func read(_ source: any ByteSource) throws -> Header {
        let fileSize = try source.size()
        var bytes = try source.read(ByteRange(0..<min(fileSize, Self.firstRead)))
        while true {
            var parser = HeaderParser(bytes, fileSize: fileSize, limits: limits)
            do throws(ParseError) {
                return try parser.parse()
            } catch {
                // Nothing but bytes that are not here yet can make the same parse succeed.
                guard let needed = parser.neededSize else { throw error }
                try cancellation.check()
                let have = UInt64(bytes.count)
                let end = min(fileSize, max(needed, min(have * Self.growth, limits.structureSize)))
                let rest = try source.read(ByteRange(have..<end))
                bytes = Bytes(bytes.array + rest.array)
            }
        }
    }
}
