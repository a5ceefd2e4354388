// SPDX-License-Identifier: Apache-2.0
// A web server that misbehaves as it is told: python/tests/servers/fault_server.py in a process of its own.

import Glibc
public import KerchunkBytes

/// Runs until it is released; it ends by itself, too.
public final class FaultServer {
    private let processID: pid_t
    public let port: Int

    /// - Parameter arguments: see the script.
    public init(_ arguments: [String] = []) throws {
        let package = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
            separator: "/")
        let words =
            ["python3", package + "/python/tests/servers/fault_server.py", "--root", package + "/Fixtures"]
            + arguments
        var pipe: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&pipe) == 0 else { throw Failure() }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        unsafe posix_spawn_file_actions_addclose(&actions, pipe[0])
        // SAFETY: the copies live until the call is over.
        var list = unsafe words.map { unsafe strdup($0) } + [nil]
        var child = pid_t()
        let code = unsafe posix_spawnp(&child, "python3", &actions, nil, &list, environ)
        for index in unsafe list.indices { unsafe free(list[index]) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        close(pipe[1])
        defer { close(pipe[0]) }
        guard code == 0 else { throw Failure() }
        processID = child
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while text.last != 0x0A, unsafe read(pipe[0], &byte, 1) == 1 { text.append(byte) }
        guard let word = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).last,
            let port = Int(word)
        else {
            kill(child, SIGKILL)
            throw Failure()
        }
        self.port = port
    }

    deinit { stop() }

    public func stop() {
        kill(processID, SIGKILL)
        _ = waitpid(processID, nil, 0)
    }

    /// `/made/1000?reset` on this server.
    public func url(_ path: String, host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    public struct Failure: Error {}
}

/// The bytes of the server's files under `/made/`: each eight tell their own offset.
public func madeBytes(_ range: Range<UInt64>) -> Bytes {
    Bytes(range.map { offset in UInt8(truncatingIfNeeded: (offset / 8 * 8) >> (offset % 8 * 8)) })
}
