// SPDX-License-Identifier: Apache-2.0
// A format more is a folder and a line: docs/adding-a-format.md.

import Kerchunk
import KerchunkTestKit
import Testing

/// The line.
private let session = Session(formats: BuiltinFormats.all + [ToyScanner()])

private func toyFile(rows: UInt32, columns: UInt32) -> [UInt8] {
    var bytes = ToyHeader.signature
    for number in [rows, columns] { bytes += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    bytes += Array("temp".utf8)
    for index in 0..<rows * columns {
        let bits = Float(index).bitPattern
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    return bytes
}

@Suite struct ToyFormatTests {
    private let file = MemorySource(Bytes(toyFile(rows: 3, columns: 5)), url: "/data/a.toy")

    @Test func theContractIsKept() {
        let fixture = ScannerFixture("a.toy", file.bytes)
        #expect(checkScanner(ToyScanner(), fixture, strangers: [Bytes("TOY2"), Bytes("CDF\u{1}")]) == [])
    }

    @Test func aScanNamesItsFormatAndItsOptionsCount() throws {
        var options = ScanOptions()
        options.inlineThreshold = 0
        let whole = try Kerchunk.scan(file, options: options, session: session)
        #expect(whole.format.id == "toy" && whole.format.name == "Toy")
        var shapes: [[UInt64]] = []
        whole.dataset.root.forEachArray { _, array in shapes += [array.shape, array.chunks.grid.shape] }
        #expect(shapes == [[3, 5], [1, 1]])

        let rows = try #require(ToyScanner().format.options.first { $0.name == "toy_rows" })
        try options.set(rows, .bool(true))
        let split = try Kerchunk.scan(file, options: options, session: session)
        var places: [String] = []
        try split.dataset.root.forEachArray { _, array in
            try array.chunks.forEachRun { _, manifest in
                manifest.forEachPresent { _, location in
                    if case .range(_, let range) = location {
                        places.append("\(range.offset)+\(range.count)")
                    }
                }
            }
        }
        #expect(places == ["16+20", "36+20", "56+20"])
        // An option of one format is passed over by the others.
        let other = MemorySource(fixture("netcdf3/classic.nc"), url: "/c.nc")
        #expect(
            try Kerchunk.scan(other, options: options, session: session).format.name == "netCDF-3")
    }

    @Test func openedDatasetsNameTheFormat() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.toy"
        let output = try AtomicFile(path, overwrite: false)
        try output.write(toyFile(rows: 2, columns: 2))
        try output.commit()
        #expect(try Kerchunk.open(path, session: session).format == "Toy")
        let error = #expect(throws: KerchunkError.self) { try Kerchunk.scan(path) }
        #expect(error?.message.contains("known formats: HDF5, netCDF-3") == true)
    }

    // MARK: A format of folders

    /// A folder with a file `toy.list`, whose lines name toy files.
    private struct ToyFolderScanner: FormatScanner {
        let format = Format("toyset", name: "Toy set", endings: ["toys"], takesFolders: true)

        func recognizes(_ probe: Probe) -> Recognition { probe.findFile(["toy.list"]) }

        func tree(of target: Target, in context: ScanContext) throws -> ScannedTree {
            guard case .folder(let store, _) = target else {
                throw KerchunkError(.input, "a toy set is a folder", url: target.name)
            }
            var tree = ScannedTree(in: context)
            let list = try store.open("toy.list")
            for name in try list.read(ByteRange(0..<list.size())).utf8Text?.split(separator: "\n") ?? [] {
                let source = try store.open(String(name))
                let index = try tree.sources.add(source)
                let start = try source.read(ByteRange(0..<ToyHeader.size))
                let header = try start.parse(at: 0, in: "toy header") { cursor throws(ParseError) in
                    try ToyHeader(parsing: &cursor)
                }
                try tree.addArray(FileText(String(name.prefix { $0 != "." }))) {
                    header.array(in: index, splitsRows: false)
                }
            }
            return tree
        }
    }

    @Test func foldersAreScannedWhereAFormatTakesThem() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("set/toy.list", "a.toy\nb.toy")
        for name in ["a.toy", "b.toy"] {
            let output = try AtomicFile(directory.path + "/set/" + name, overwrite: false)
            try output.write(toyFile(rows: 2, columns: 2))
            try output.commit()
        }
        let folder = directory.path + "/set"
        let session = Session(formats: BuiltinFormats.all + [ToyFolderScanner()])
        let scanned = try Kerchunk.scan(folder, session: session)
        #expect(scanned.dataset.root.arrayPaths.sorted() == ["/a", "/b"])
        #expect(scanned.format.id == "toyset")
        #expect(try Kerchunk.open(folder, session: session).format == "Toy set")
        // Without one, and of folders that are none of its, what is said is as before.
        for (place, formats) in [
            (folder, BuiltinFormats.all), (directory.path, BuiltinFormats.all + [ToyFolderScanner()]),
        ] {
            let error = #expect(throws: KerchunkError.self) {
                try Kerchunk.scan(place, session: Session(formats: formats))
            }
            #expect(error?.message.hasPrefix("this is a directory, not a file") == true)
        }
    }
}
