// SPDX-License-Identifier: Apache-2.0
// A web server that misbehaves as it is told: python/tests/servers/fault_server.py in a process of its own.

import Glibc
public import KerchunkBytes

/// Runs until it is released; it ends by itself, too. It is no child of this process: tests that wait for processes to
/// exit would find it among their own.
public final class FaultServer {
    private let processID: pid_t
    public let port: Int

    /// - Parameter arguments: see the script.
    public init(_ arguments: [String] = []) throws {
        let package = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
            separator: "/")
        let words =
            [
                "sh", "-c", "python3 \"$@\" & echo pid $!", "sh",
                package + "/python/tests/servers/fault_server.py", "--root", package + "/Fixtures",
            ] + arguments
        var pipe: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&pipe) == 0 else { throw Failure() }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        unsafe posix_spawn_file_actions_addclose(&actions, pipe[0])
        // SAFETY: the copies live until the call is over.
        var list = unsafe words.map { unsafe strdup($0) } + [nil]
        var child = pid_t()
        let code = unsafe posix_spawnp(&child, "sh", &actions, nil, &list, environ)
        for index in unsafe list.indices { unsafe free(list[index]) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        close(pipe[1])
        defer { close(pipe[0]) }
        guard code == 0 else { throw Failure() }
        _ = waitpid(child, nil, 0)
        var processID: pid_t?
        var port: Int?
        // One line by the shell and one by the server, in any order.
        while processID == nil || port == nil {
            guard let line = Self.line(pipe[0]) else { break }
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.first == "pid" {
                processID = words.last.flatMap { pid_t($0) }
            } else {
                port = words.last.flatMap { Int($0) }
            }
        }
        guard let processID, let port else {
            if let processID { kill(processID, SIGKILL) }
            throw Failure()
        }
        self.processID = processID
        self.port = port
    }

    /// A line of what the pipe gives; nil at its end.
    private static func line(_ pipe: Int32) -> String? {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(pipe, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count < 1 { return nil }
            if byte == 0x0A { return String(decoding: text, as: UTF8.self) }
            text.append(byte)
        }
    }

    deinit { stop() }

    public func stop() {
        kill(processID, SIGKILL)
    }

    /// `/made/1000?reset` on this server.
    public func url(_ path: String, host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    public struct Failure: Error {}
}

/// The bytes of the server's files under `/made/`: each eight tell their own offset.
public func madeBytes(_ range: Range<UInt64>) -> Bytes {
    Bytes(range.map { offset in UInt8(truncatingIfNeeded: (offset / 8 * 8) >> (offset % 8 * 8)) })
}
