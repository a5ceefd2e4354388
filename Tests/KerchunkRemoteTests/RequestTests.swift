// SPDX-License-Identifier: Apache-2.0
// Who is told what: headers, redirects, signatures; and how many at once.

import Glibc
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkRemote

@Suite struct RequestTests {
    let server: FaultServer

    init() throws { server = try FaultServer(["--delay", "20"]) }

    private struct Seen {
        let path: String
        let headers: [String: String]
    }

    /// What the server was asked, and how much at once.
    private func log() throws -> (requests: [Seen], most: Int) {
        let response = try HTTPClient(StorageAccess()).send(HTTPRequest("GET", server.url("/log")))
        let object = try JSONScanner.parse(response.body).object ?? [:]
        let requests = (object["requests"]?.array ?? []).map { entry in
            let headers = (entry.object?["headers"]?.object ?? [:]).map {
                ($0.name.lowercased(), $0.value.string ?? "")
            }
            return Seen(
                path: entry.object?["path"]?.string ?? "",
                headers: Dictionary(headers, uniquingKeysWith: { $1 }))
        }
        return (requests, Int(object["most"]?.number?.uint64 ?? 0))
    }

    @Test func headersGoToTheHostThatWasAskedOnly() throws {
        var reading = Reading(server, ["headers": "{\"X-Key\": \"a\"}"])
        reading.options.headers = [StorageOptions.Header("Authorization", "Bearer token")]
        let target = "http://localhost:\(server.port)/made/10000000"
        #expect(try reading.isRight("redirect=\(target)"))
        let seen = try log().requests
        #expect(seen[0].headers["authorization"] == "Bearer token")
        #expect(seen[0].headers["x-key"] == "a")
        #expect(seen[0].headers["accept-encoding"] == "identity")
        #expect(seen[0].headers["range"] == "bytes=0-262143")
        let elsewhere = seen.filter { $0.headers["host"]?.hasPrefix("localhost") == true }
        // The first part and three others, which need not ask where the file is.
        #expect(elsewhere.count == 4)
        #expect(elsewhere.allSatisfy { $0.headers["authorization"] == nil && $0.headers["x-key"] == nil })
        #expect(elsewhere.allSatisfy { $0.headers["range"] != nil })
    }

    @Test(arguments: [301, 302, 307, 308]) func headersFollowOnTheSameHost(_ code: Int) throws {
        var reading = Reading(server)
        reading.options.headers = [StorageOptions.Header("Authorization", "Bearer token")]
        #expect(try reading.isRight("redirect=/made/10000000&code=\(code)"))
        #expect(
            try log().requests.filter { $0.path == "/made/10000000" }.allSatisfy {
                $0.headers["authorization"] == "Bearer token"
            })
    }

    @Test func anAddressThatRanOutIsAskedForAgain() throws {
        // The target works for the first part only; then the first address leads to a good one.
        let target = "http://localhost:\(server.port)/made/10000000%3Fstatus=403%26after=1%26times=3"
        #expect(try Reading(server).isRight("redirect=\(target)"))
    }

    @Test func redirectsEnd() throws {
        let error = Reading(server).failure("redirect=%3Fredirect")
        #expect(error?.kind == .network)
    }

    @Test func passwordsOfURLsStayOutOfReferences() throws {
        let url = "http://some:p%40ss@127.0.0.1:\(server.port)/made/1000?login=some:p@ss"
        let source = try HTTPStore(StorageAccess()).open(url)
        #expect(try source.size() == 1000)
        #expect(source.placement?.url == "http://127.0.0.1:\(server.port)/made/1000?login=some:p@ss")
        #expect(source.name == "http://127.0.0.1:\(server.port)/made/1000")
    }

    private struct Signer: RequestSigner {
        func sign(_ request: inout HTTPRequest) {
            request.setHeader("Authorization", "Signed \(request.method) \(request.headers.count)")
            request.url += request.url.contains("?") ? "&sas=1" : "?sas=1"
        }
    }

    @Test func eachTryIsSignedAndNoOtherHost() throws {
        let client = try HTTPClient(StorageAccess(), signer: Signer())
        let target = "http://localhost:\(server.port)/made/10"
        let path = "/made/10?redirect=\(target)&status=503&times=1"
        _ = try client.send(HTTPRequest("GET", server.url("/made/10?status=503&times=1"), partLimit: 10))
        _ = try client.send(HTTPRequest("GET", server.url("/made/10?redirect=\(target)"), partLimit: 10))
        let seen = try log().requests
        #expect(seen.map { $0.headers["authorization"] != nil } == [true, true, true, false])
        #expect(seen.map { $0.path.hasSuffix("sas=1") } == [true, true, true, false], "\(path)")
    }

    @Test func bodiesAreSent() throws {
        let client = try HTTPClient(StorageAccess())
        let body = Bytes([UInt8](repeating: 7, count: 3_000_000))
        let response = try client.send(HTTPRequest("PUT", server.url("/x"), body: body))
        #expect(response.status == 200)
        let text = try client.send(HTTPRequest("GET", server.url("/log"))).body.utf8Text
        #expect(text?.contains("\"size\": 3000000") == true)
    }

    @Test func noMoreRequestsAtOnceThanAllowed() throws {
        var reading = Reading(server)
        reading.options.concurrency = 7
        let source = try reading.source("/made/1000000000")
        _ = try source.read((1..<100).map { ByteRange($0 * 1_000_000..<$0 * 1_000_000 + 1) })
        #expect(try log().most == 7)
    }

    @Test func neighboursAreOneRequest() throws {
        let reading = Reading(server)
        let source = try reading.source("/made/1000000000")
        let ranges = (0..<50).map { ByteRange(500_000_000 + $0 * 4000..<500_000_000 + $0 * 4000 + 100) }
        #expect(try source.read(ranges).last == madeBytes(500_196_000..<500_196_100))
        #expect(reading.traffic.counts.requests == 2)
    }

    @Test func aForkedChildHasConnectionsOfItsOwn() async throws {
        await #expect(processExitsWith: .success) {
            let server = try FaultServer(["--seconds", "30"])
            guard try Reading(server).isRight() else { exit(1) }
            typealias Fork = @convention(c) () -> pid_t
            guard let symbol = unsafe dlsym(nil, "fork") else { exit(1) }
            let child = unsafe unsafeBitCast(symbol, to: Fork.self)()
            if child == 0 {
                let isRight = (try? Reading(server).isRight()) == true
                _exit(isRight ? 0 : 3)
            }
            var status: Int32 = -1
            unsafe waitpid(child, &status, 0)
            let isStillRight = try Reading(server).isRight()
            // `exit` releases nothing.
            server.stop()
            exit(status == 0 && isStillRight ? 0 : 1)
        }
    }
}
