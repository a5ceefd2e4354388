// SPDX-License-Identifier: Apache-2.0

import KerchunkModel
import KerchunkStorage
import Testing

/// What becomes of outputs whose place changes while they are made.
@Suite final class OutputReplacingTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/out" }
    private static let kind = AtomicDirectory.Kind("set", marker: "mark", isPart: { $0 == "part" })

    init() throws {
        let place = (Platform.environment("TMPDIR") ?? "/tmp") + "/kerchunk-replacing"
        directory = try TemporaryDirectory("\(place)-\(UInt64.random(in: .min ... .max))")
    }

    private func write(_ text: String, _ path: String, overwrite: Bool = true) throws {
        let file = try AtomicFile(path, overwrite: overwrite)
        try file.write(Array(text.utf8))
        try file.commit()
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Platform.readToEnd(path), as: UTF8.self)
    }

    private func makeSet(_ text: String, overwrite: Bool = false) throws {
        try AtomicDirectory(path, overwrite: overwrite, Self.kind).commit(with: "mark", Array(text.utf8))
    }

    private func message(_ kind: KerchunkError.Kind, _ body: () throws -> Void) -> String {
        let error = #expect(throws: KerchunkError.self, performing: body)
        #expect(error?.kind == kind)
        return error?.message ?? ""
    }

    private func names() throws -> [String] { try Platform.list(directory.path) }

    @Test func aFileThatCameMeanwhileStays() throws {
        let late = try AtomicFile(path, overwrite: false)
        try write("first", path, overwrite: false)
        #expect(message(.output) { try late.commit() }.contains("another run has since written this output"))
        late.abort()
        #expect(try text(path) == "first")
        #expect(try names() == ["out"])
    }

    @Test func aDirectoryThatCameMeanwhileStays() throws {
        let late = try AtomicDirectory(path, overwrite: false, Self.kind)
        try makeSet("first")
        #expect(
            message(.output) { try late.commit(with: "mark", Array("late".utf8)) }
                .contains("another run has since written this output"))
        late.abort()
        #expect(try text(path + "/mark") == "first")
        #expect(try names() == ["out"])
    }

    @Test func aFileIsSucceededOnlyByWhatWasMadeOfIt() throws {
        try write("one", path)
        let late = try AtomicFile(
            path, overwrite: true, succeeding: Succession(OutputState(local: path, marker: "")))
        try write("two", path)
        _ = message(.changed) { try late.commit() }
        late.abort()
        #expect(try text(path) == "two")
        let next = try AtomicFile(
            path, overwrite: true,
            succeeding: Succession(OutputState(local: path, marker: ""), note: path + ".note"))
        try next.write(Array("three".utf8))
        try next.commit()
        #expect(try text(path) == "three")
        let status = try Platform.status(path)
        #expect(try text(path + ".note").hasSuffix(" \(status.modificationTime)"))
        #expect(try names() == ["out", "out.note"])
    }

    @Test func aDirectoryIsSucceededOnlyByWhatWasMadeOfIt() throws {
        try makeSet("one")
        func successor() throws -> AtomicDirectory {
            try AtomicDirectory(
                path, overwrite: true, Self.kind,
                succeeding: Succession(OutputState(local: path, marker: "mark")))
        }
        let late = try successor()
        try makeSet("two", overwrite: true)
        _ = message(.changed) { try late.commit(with: "mark", Array("late".utf8)) }
        late.abort()
        #expect(try text(path + "/mark") == "two")
        try successor().commit(with: "mark", Array("three".utf8))
        #expect(try text(path + "/mark") == "three")
        #expect(try names() == ["out"])
    }

    @Test func whatCameIntoADirectoryMeanwhileIsNotRemoved() throws {
        try makeSet("one")
        let late = try AtomicDirectory(path, overwrite: true, Self.kind)
        try write("mine", path + "/README")
        #expect(message(.output) { try late.commit(with: "mark", Array("late".utf8)) }.contains("\"README\""))
        late.abort()
        #expect(try text(path + "/README") == "mine" && text(path + "/mark") == "one")
        #expect(try names() == ["out"])
    }

    @Test func aLockEndsWithItsOwner() throws {
        var lock: OutputLock? = try OutputLock(path, waiting: 0)
        #expect(message(.output) { _ = try OutputLock(path + "/", waiting: 0) }.contains("appending"))
        #expect(try names() == ["out.lock"] && lock != nil)
        lock = nil
        _ = try OutputLock(path, waiting: 0)
        #expect(try names().isEmpty)
    }
}
