// SPDX-License-Identifier: Apache-2.0
// Which other files a file may name: ARCHITECTURE, D13.

import Kerchunk
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import Testing

@Suite struct NamedFilesTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        _ = try directory.write("data/own/raw.bin", "x")
        _ = try directory.write("data/sub/deep/raw.bin", "x")
        _ = try directory.write("outside.bin", "x")
        _ = try directory.write("data/own-not/raw.bin", "x")
    }

    /// The kind of error with which a file in `data/own` is refused the file `name`; nil where it may open it.
    private func refusal(of name: String, followsExternal: Bool = false, from place: String = "data/own/f")
        throws -> KerchunkError.Kind?
    {
        let path = try directory.write(place, "FAKE\nopen \(name)\n")
        var options = ScanOptions()
        options.followsExternal = followsExternal
        do throws(KerchunkError) {
            _ = try Kerchunk.scan(path, options: options, session: fakeSession)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func filesBelowItsFolderMayBeNamed() throws {
        #expect(try refusal(of: "raw.bin") == nil)
        #expect(try refusal(of: directory.path + "/data/own/raw.bin") == nil)
        #expect(try refusal(of: "file://" + directory.path + "/data/own/../own/raw.bin") == nil)
        #expect(try refusal(of: "sub/deep/raw.bin", from: "data/f") == nil)
    }

    @Test func othersMayNot() throws {
        #expect(try refusal(of: "../../outside.bin") == .permission)
        #expect(try refusal(of: directory.path + "/outside.bin") == .permission)
        #expect(try refusal(of: "../own-not/raw.bin") == .permission)
        #expect(try refusal(of: "/etc/passwd") == .permission)
        #expect(try refusal(of: "https://example.org/x") == .permission)
        #expect(try refusal(of: "../../outside.bin", followsExternal: true) == nil)
    }

    @Test func aLinkOutOfTheFolderIsFollowedOnlyWhenAsked() throws {
        try Platform.makeSymbolicLink(
            directory.path + "/data/own/link.bin", to: directory.path + "/outside.bin")
        #expect(try refusal(of: "link.bin") == .permission)
        #expect(try refusal(of: "link.bin", followsExternal: true) == nil)
    }

    @Test func aFileThatIsNotThereIsSaidSo() throws {
        #expect(try refusal(of: "gone.bin") == .notFound)
    }
}
