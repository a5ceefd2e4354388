// SPDX-License-Identifier: Apache-2.0
// A format for tests: text whose words say what a scan shall do.

import Kerchunk

/// `FAKE array NAME`, `issue NAME`, `fail NAME`, `open PATH`, one a line.
struct FakeScanner: FormatScanner {
    let format = Format("fake", name: "Fake", endings: ["fake"])

    func recognizes(_ probe: Probe) -> Recognition { Recognition(probe.starts(with: Array("FAKE".utf8))) }

    func tree(of target: Target, in context: ScanContext) throws -> ScannedTree {
        let source = try target.file()
        var tree = ScannedTree(in: context)
        let index = try tree.sources.add(source, embedsSmallChunks: false)
        var groups: [String: ScannedTree.GroupIndex] = [:]
        let text = try source.read(ByteRange(0..<source.size())).utf8Text ?? ""
        for line in text.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ").map(String.init)
            switch words[0] {
            case "array", "object":
                let path = words[1].split(separator: "/").map(String.init)
                var group = ScannedTree.GroupIndex.root
                if path.count == 2 {
                    group = groups[path[0]] ?? tree.addGroup(FileText(path[0])) ?? .root
                    groups[path[0]] = group
                }
                try tree.addArray(FileText(path[path.count - 1]), in: group) {
                    ScannedArray(
                        shape: [1],
                        dataType: words[0] == "object"
                            ? .object : .integer(isSigned: true, width: 4, .little),
                        data: .raw(RawData(in: index, at: 0)))
                }
            case "issue": tree.issues.append(Issue(object: words[1], reason: "cannot be said"))
            case "fail":
                throw KerchunkError(
                    .malformed, "needs 8 bytes, 2 left", object: words[1], offset: 7
                )
            case "open": _ = try context.openNamed(words[1])
            default: throw KerchunkError(.malformed, "the word \"\(words[0])\"")
            }
        }
        return tree
    }
}

/// A directory that is there for one test.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = "/tmp/kerchunk-tests-\(Platform.processID)-\(Platform.monotonicTime)"
        try Platform.makeDirectory(path)
    }

    func write(_ name: String, _ text: String) throws -> String {
        let full = path + "/" + name
        if let slash = full.lastIndex(of: "/") { try Platform.makeDirectory(String(full[..<slash])) }
        let file = try AtomicFile(full, overwrite: true)
        try file.write(Array(text.utf8))
        try file.commit()
        return full
    }

    deinit { Self.removeAll(path) }

    private static func removeAll(_ path: String) {
        for name in (try? Platform.list(path)) ?? [] {
            let full = path + "/" + name
            if (try? Platform.status(full))?.isDirectory == true {
                removeAll(full)
            } else {
                Platform.remove(full)
            }
        }
        Platform.removeDirectory(path)
    }
}

let fakeSession = Session(formats: [FakeScanner()])
