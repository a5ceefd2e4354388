// SPDX-License-Identifier: Apache-2.0
// What becomes of each fault of a server.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkRemote

/// Reads the file `path` of `server`: its first bytes, and some far from them.
struct Reading {
    let server: FaultServer
    var options = StorageOptions()
    let traffic = Traffic()
    static let size: UInt64 = 10_000_000
    static let far: [Range<UInt64>] = [
        5..<5, 700_000..<700_100, 5_000_000..<5_000_010, 9_999_990..<10_000_000,
    ]

    init(_ server: FaultServer, _ options: [String: String] = [:]) {
        self.server = server
        self.options = StorageOptions(options)
    }

    func source(_ path: String, host: String = "127.0.0.1") throws -> any ByteSource {
        try HTTPStore(StorageAccess(options, traffic: traffic)).open(server.url(path, host: host))
    }

    /// Whether all is read right.
    func isRight(_ query: String = "", host: String = "127.0.0.1") throws -> Bool {
        let source = try source("/made/\(Self.size)?" + query, host: host)
        guard try source.size() == Self.size, try source.read(ByteRange(0..<100)) == madeBytes(0..<100) else {
            return false
        }
        return try source.read(Self.far.map { ByteRange($0) }) == Self.far.map { madeBytes($0) }
    }

    /// The error of opening the file, or of reading far from its start.
    func failure(_ query: String, path: String = "/made/10000000") -> KerchunkError? {
        do {
            let source = try source(path + "?" + query)
            _ = try source.size()
            _ = try source.read([ByteRange(5_000_000..<5_000_010)])
            return nil
        } catch {
            return KerchunkError(wrapping: error)
        }
    }
}

@Suite struct FaultTests {
    let server: FaultServer

    init() throws { server = try FaultServer() }

    @Test func aFileIsReadInParts() throws {
        let reading = Reading(server)
        #expect(try reading.isRight())
        // The first answer, and one for each of three distant parts.
        #expect(reading.traffic.counts.requests == 4)
        #expect(reading.traffic.counts.bytes == 262_144 + 100 + 10 + 10)
        let stamp = try reading.source("/made/10").stamp
        #expect(stamp == SourceStamp(size: 10, eTag: "\"v1\"", modificationTime: 784_111_777_000_000_000))
    }

    @Test(arguments: [
        "status=503", "status=429&retry_after=1", "status=408", "status=500", "status=502", "reset", "short",
        "lie=length", "lie=range",
    ])
    func whatPassesIsTriedAgain(_ fault: String) throws {
        let reading = Reading(server)
        #expect(try reading.isRight(fault + "&times=2"))
        #expect(reading.traffic.counts.retries == 2)
    }

    @Test func silenceIsTriedAgain() throws {
        let reading = Reading(server, ["timeout": "1"])
        #expect(try reading.isRight("hang&times=1"))
        #expect(reading.traffic.counts.retries == 1)
    }

    @Test(
        arguments: [
            (
                "status=503", KerchunkError.Kind.network,
                "the server answered 503 Service Unavailable: \"it does not work today\" (2 times)", true
            ),
            ("status=429&retry_after=900", .network, "; it asks to wait 900 seconds", true),
            ("reset", .network, "the transfer failed: ", true),
            ("short", .network, "the transfer failed: ", true),
            (
                "lie=length", .network, "the server sent 262143 bytes instead of 262144 (2 times)",
                true
            ),
            (
                "lie=range", .network,
                "the server sent another part of the file (\"bytes 1-262144/10000000\")", true
            ),
            (
                "status=403&words=Access+denied%0Amore", .permission,
                "the server answered 403 Forbidden: \"Access denied\"", false
            ),
            ("status=401", .permission, "credentials come from .netrc", false),
            (
                "status=400&words=%3CMessage%3Ebad+key%3C/Message%3E", .network,
                "the server answered 400 Bad Request: \"bad key\"", false
            ),
            ("html", .input, "the server sent a web page, not the file: \"Please log in\"", false),
            (
                "lie=size&times=1", .changed,
                "the file changed while it was read: it has 10000000 bytes, and had 11048576", false
            ),
            (
                "change=1", .changed,
                "the file changed while it was read: its ETag is \"v2\", and was \"v1\"", false
            ),
            ("change=1&weak", .changed, "its ETag is W/\"v2\"", false),
            ("redirect=%2Fmade%2F10000000%3Fredirect=%2Fmade%2F10000000", .network, "", false),
        ] as [(String, KerchunkError.Kind, String, Bool)])
    func whatStaysIsAnErrorThatSaysSo(
        _ fault: String, _ kind: KerchunkError.Kind, _ message: String, _ isTransient: Bool
    ) {
        let query = fault.hasPrefix("redirect") ? "redirect=?redirect" : fault
        let error = Reading(server, ["retries": "1"]).failure(query + "&key=secret")
        #expect(error?.kind == kind)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.isTransient == isTransient)
        #expect(error?.url == server.url("/made/10000000"))
        #expect(error?.description.contains("secret") == false)
    }

    @Test func aFileThatIsNotThereIsSaidSo() {
        let error = Reading(server).failure("", path: "/files/absent.nc")
        #expect(error?.kind == .notFound)
        #expect(error?.message == "the server answered 404 Not Found: \"no such file here\"")
    }

    @Test func aServerThatIsNotThereIsSaidSo() throws {
        let error = #expect(throws: KerchunkError.self) {
            try HTTPStore(StorageAccess()).open("http://127.0.0.1:1/x").size()
        }
        #expect(error?.kind == .network)
        #expect(error?.message.contains("(3 times)") == true)
    }

    @Test func smallFilesComeWholeWhereTheServerGivesNoParts() throws {
        let reading = Reading(server)
        #expect(try reading.isRight("no_range"))
        #expect(reading.traffic.counts.requests == 1)
        #expect(reading.traffic.counts.wholeFiles == 1)
    }

    @Test func largeFilesDoNotComeWhole() throws {
        let error = Reading(server).failure("no_range", path: "/made/100000000")
        #expect(error?.kind == .unsupported)
        #expect(error?.message.contains("a file of 100000000 bytes is too large to fetch as a whole") == true)
    }

    @Test func encodedFilesAreRefused() {
        let error = Reading(server).failure("no_range&gzip")
        #expect(error?.kind == .unsupported)
        #expect(error?.message.contains("the encoding \"gzip\"") == true)
    }

    @Test func emptyAndTinyFiles() throws {
        let reading = Reading(server)
        #expect(try reading.source("/made/0").size() == 0)
        #expect(try reading.source("/made/0").read([]) == [])
        #expect(try reading.source("/made/3").read(ByteRange(1..<3)) == madeBytes(1..<3))
        #expect(throws: KerchunkError.self) { try reading.source("/made/3").read(ByteRange(1..<4)) }
    }

    @Test func aSizeThatPartsDoNotTellIsAskedFor() throws {
        let reading = Reading(server)
        #expect(try reading.isRight("no_size"))
    }

    @Test func tenThousandRequestsWithFaultsLoseNothing() throws {
        let reading = Reading(server)
        let source = try reading.source("/made/10000000000?rate=0.05")
        let starts = (0..<10_000).map { UInt64($0) * 999_983 + 300_000 }
        let found = try source.read(starts.map { ByteRange($0..<$0 + 24) })
        var wrong = 0
        for (start, bytes) in zip(starts, found) where bytes != madeBytes(start..<start + 24) { wrong += 1 }
        #expect(wrong == 0)
        let counts = reading.traffic.counts
        #expect(counts.requests == 10_001 + counts.retries)
        #expect((300...800).contains(counts.retries), "\(counts.retries)")
    }

    @Test func aStoppedScanDoesNotWait() throws {
        let cancellation = Cancellation()
        let source = try HTTPStore(StorageAccess(cancellation: cancellation)).open(
            server.url("/made/1000?hang=20"))
        let start = Platform.monotonicTime
        let stopper = Platform.Thread {
            _ = Platform.Bell().wait(past: 0, milliseconds: 300)
            cancellation.cancel()
        }
        let error = #expect(throws: KerchunkError.self) { try source.size() }
        stopper?.join()
        #expect(error?.kind == .cancelled)
        #expect(Platform.monotonicTime - start < 2_000_000_000)
    }
}
