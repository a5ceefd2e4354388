// SPDX-License-Identifier: Apache-2.0
import Kerchunk
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import Synchronization
import Testing

private func arrays(_ result: ScanResult) -> [String] {
    var paths: [String] = []
    result.dataset.root.forEachArray { path, _ in paths.append(path) }
    return paths
}

@Suite struct ScanTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func scan(_ text: String, _ change: (inout ScanOptions) -> Void = { _ in }) throws -> ScanResult {
        var options = ScanOptions()
        change(&options)
        return try Kerchunk.scan(directory.write("f", text), options: options, session: fakeSession)
    }

    @Test func aFileIsScannedAndItsStateRecorded() throws {
        let result = try scan("FAKE\narray tas\n")
        #expect(arrays(result) == ["tas"])
        #expect(result.dataset.sources.sources.map(\.url) == [directory.path + "/f"])
        #expect(result.dataset.sources.sources.map(\.stamp.size) == [15])
    }

    @Test func errorsGetTheirPlace() throws {
        let error = try #require(throws: KerchunkError.self) { try scan("FAKE\nfail /tas\n") }
        #expect(
            error.description
                == "needs 8 bytes, 2 left\n  in \(directory.path)/f, Fake object /tas, byte 7"
        )
    }

    @Test func anUnknownFormatNamesTheKnownOnes() throws {
        let error = try #require(throws: KerchunkError.self) { try scan("hello") }
        #expect(error.kind == .unrecognized)
        #expect(
            error.message
                == "the file is of unknown format: it is text that starts with \"hello\"; known formats: Fake"
        )
        let empty = try #require(throws: KerchunkError.self) { try scan("") }
        #expect(empty.message == "the file is empty; known formats: Fake")
    }

    @Test func unknownSchemesAreNotSupported() throws {
        let error = try #require(throws: KerchunkError.self) {
            try Kerchunk.scan("ftp://b/x.nc", session: fakeSession)
        }
        #expect(error.kind == .unsupported)
        #expect(error.url == "ftp://b/x.nc")
    }

    @Test func variablesAreChosenByNameOrPath() throws {
        let text = "FAKE\narray tas\narray pr\narray g/tas\narray h/x\n"
        #expect(try arrays(scan(text) { $0.included = ["tas"] }) == ["tas", "g/tas"])
        #expect(try arrays(scan(text) { $0.included = ["/g/*"] }) == ["g/tas"])
        #expect(try arrays(scan(text) { $0.excluded = ["t?s", "h/x"] }) == ["pr"])
        #expect(try scan(text) { $0.excluded = ["h/x"] }.dataset.root["h"] == nil)
    }

    @Test func whatZarr3CannotSayIsAnIssue() throws {
        let scanned = try scan("FAKE\narray tas\nobject g/o\n")
        var saving = SavingOptions()
        #expect(try Kerchunk.represent(scanned.dataset, as: saving, leavesOut: true).issues.isEmpty)
        #expect(arrays(scanned) == ["tas", "g/o"])
        saving.zarrFormat = 3
        let said = try Kerchunk.represent(scanned.dataset, as: saving, leavesOut: true)
        #expect(said.dataset.root.arrayPaths == ["/tas"])
        #expect(said.issues.map(\.object) == ["/g/o"])
    }

    @Test func namesThatZarrCannotOpenAreEscaped() throws {
        let text = "FAKE\narray tas\narray g/back\\slash\n"
        let result = try scan(text)
        #expect(arrays(result) == ["tas", "g/back%5Cslash"])
        #expect(result.issues.map(\.object) == ["/g/back\\slash"])
        // Either name chooses it.
        for name in ["back\\slash", "back%5Cslash"] {
            #expect(try arrays(scan(text) { $0.included = [name] }) == ["g/back%5Cslash"])
            #expect(try arrays(scan(text) { $0.excluded = [name] }) == ["tas"])
        }
    }

    @Test func manyFilesAreEachDeliveredOnce() throws {
        let paths = try (0..<20).map {
            try directory.write("f\($0)", $0 == 7 ? "FAKE\nfail /x\n" : "FAKE\narray a\($0)\n")
        }
        let found = Mutex<[Int: String]>([:])
        Kerchunk.scanAll(paths, session: fakeSession, jobs: 4) { index, result in
            let text =
                switch result {
                case .success(let result): arrays(result).joined()
                case .failure(let error): error.object ?? ""
                }
            found.withLock { $0[index] = text }
        }
        let expected = Dictionary(uniqueKeysWithValues: (0..<20).map { ($0, $0 == 7 ? "/x" : "a\($0)") })
        #expect(found.withLock { $0 } == expected)
    }

    @Test func cancellationEndsScans() throws {
        let cancelled = Session(formats: [FakeScanner()])
        cancelled.cancellation.cancel()
        let path = try directory.write("f", "FAKE\narray tas\n")
        let error = try #require(throws: KerchunkError.self) {
            try Kerchunk.scan(path, session: cancelled)
        }
        #expect(error.kind == .cancelled)
    }

    @Test func referencesAreSavedWholeOrNotAtAll() throws {
        let result = try scan("FAKE\narray tas\n")
        let path = directory.path + "/refs.json"
        #expect(try Kerchunk.save(result.dataset, to: path) == 1)
        let opened = try Kerchunk.open(path, session: fakeSession)
        #expect(opened.format == "kerchunk JSON")
        #expect(arrays(ScanResult(opened.dataset, format: FakeScanner().format)) == ["tas"])
        let exists = try #require(throws: KerchunkError.self) {
            try Kerchunk.save(result.dataset, to: path)
        }
        #expect(exists.kind == .output)
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(throws: KerchunkError.self) {
            try Kerchunk.save(result.dataset, to: path + "2", session: Session(cancellation: cancellation))
        }
        #expect(try Platform.list(directory.path).sorted() == ["f", "refs.json"])
    }

    @Test func aDeviceIsNeverReplaced() throws {
        let result = try scan("FAKE\narray tas\n")
        let error = try #require(throws: KerchunkError.self) {
            try Kerchunk.save(result.dataset, to: "/dev/null", overwrite: true)
        }
        #expect(error.message == "the output is not a regular file")
    }

    @Test func aFileIsOpenedAsWhatItIs() throws {
        let path = try directory.write("f", "FAKE\narray tas\n")
        #expect(try Kerchunk.open(path, session: fakeSession).format == "Fake")
        let broken = try directory.write("broken.json", "  {\"version\":1,\"refs\":")
        let error = try #require(throws: KerchunkError.self) {
            try Kerchunk.open(broken, session: fakeSession)
        }
        #expect(error.url == broken)
        #expect(error.offset == 22)
    }
}
