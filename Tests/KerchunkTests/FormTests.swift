// SPDX-License-Identifier: Apache-2.0
// Names, files and options tell forms of reference sets; a form more is one value.

import Kerchunk
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import Testing

/// JSON behind four bytes.
private struct ToyForm: FileReferenceForm {
    let id = "toy"
    let name = "toy"
    let endings = [".toy"]
    let isLazy = false
    let writableZarrFormats: ClosedRange<Int>? = 2...2
    static let greeting = TypedOption<String?>("greeting", "What it says first.")
    var options: [any DeclaredOption] { [Self.greeting] }

    func recognizes(_ start: Bytes) -> Bool {
        start.count >= 4 && start[0..<4].array == Array("toy\n".utf8)
    }

    func open(_ source: any ByteSource, path: String?, _ reading: ReferenceReading) throws(KerchunkError)
        -> Opened
    {
        do {
            let text = try source.read(ByteRange(4..<source.size()))
            var opened = try JSONReferenceReader().read(text)
            opened.origin = .references(self)
            return opened
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }

    func write(
        _ dataset: VirtualDataset, to output: any Upload, named name: String, _ writing: ReferenceWriting
    ) throws -> UInt64 {
        try output.write(Array("toy\n".utf8))
        return try JSONReferenceWriter().write(dataset, to: output, cancellation: writing.cancellation)
    }
}

@Suite struct FormTests {
    private let directory: TemporaryDirectory
    private let forms = BuiltinForms.directory

    init() throws { directory = try TemporaryDirectory() }

    /// Spec: fsspec, `ReferenceFileSystem.__init__`.
    @Test(arguments: [
        ("refs.json", "json"), ("refs", "json"), ("refs.json.zst", "json"), ("s3://b/refs", "json"),
        ("refs.parq", "parquet"), ("refs.parquet/", "parquet"), ("refsparq", "parquet"), ("refs/", "parquet"),
        ("s3://b/refs.parq", "parquet"), ("refs.json.parq", "json"), ("refs.json/", "json"),
        ("/", "parquet"), ("refs.kpack", "packed"),
    ])
    func namesOfOutputsTellTheirForm(name: String, form: String) {
        #expect(forms.form(ofOutput: name).id == form)
    }

    @Test(
        arguments: [
            ("refs.json", "json"), ("refs.json.gz", "json"), ("refs.parq", "parquet"),
            ("refs.parquet/", "parquet"),
            ("refs.kpack", "packed"), ("refs", nil), ("refs/", nil), ("refs.json/", nil), ("refsparq", nil),
        ] as [(String, String?)])
    func foldersForManySetsHaveNoEnding(name: String, form: String?) {
        #expect(forms.form(byEndingOf: name)?.id == form)
    }

    @Test func foldersThatAreThereCount() throws {
        #expect(forms.form(ofOutput: directory.path).id == "parquet")
        #expect(forms.form(byEndingOf: directory.path) == nil)
        #expect(forms.folderForm(named: "s3://b/refs.parq")?.id == "parquet")
        #expect(forms.folderForm(named: "s3://b/refs.json") == nil)
    }

    private func dataset(_ url: String) throws -> VirtualDataset {
        try JSONReferenceReader().read(
            Bytes(
                #"{".zgroup":"{\"zarr_format\":2}","a/.zarray":"{\"zarr_format\":2,\"shape\":[3],"#
                    + #"\"chunks\":[1],\"dtype\":\"|u1\",\"compressor\":null,\"filters\":null,\"order\":\"C\","#
                    + #"\"fill_value\":null}","a/0":["\#(url)",0,1],"a/2":["\#(url)",2,1]}"#)
        ).dataset
    }

    @Test func eachFormIsKnownByWhatItWrites() throws {
        let data = try directory.write("data", "abc")
        for form in forms.forms {
            let path = directory.path + "/set" + form.endings[0]
            #expect(try Kerchunk.save(dataset(data), to: path, as: form) == 2)
            let opened = try Kerchunk.openReferences(path)
            #expect(opened.form?.id == form.id && opened.isLazy == form.isLazy)
            #expect((opened.recordSize != nil) == (form.partitioned != nil))
            // Whatever its name is, and in place of itself only.
            #expect(throws: KerchunkError.self) { try Kerchunk.checkOutput(path, as: form) }
            try Kerchunk.checkOutput(path, as: form, overwrite: true)
            for other in forms.forms where other.isFolder != form.isFolder {
                #expect(throws: KerchunkError.self) {
                    try Kerchunk.checkOutput(path, as: other, overwrite: true)
                }
            }
        }
    }

    @Test func onlyReferenceSetsAndEmptyFilesAreReplaced() throws {
        for content in ["no references", "GRIB and more"] {
            let path = try directory.write("some.json", content)
            let error = #expect(throws: KerchunkError.self) {
                try Kerchunk.save(VirtualDataset(), to: path, overwrite: true)
            }
            #expect(error?.kind == .output)
            #expect(try Platform.readToEnd(path) == Array(content.utf8))
        }
        for content in ["", "{}", " \n{\"refs\":{}}"] {
            let path = try directory.write("some.json", content)
            try Kerchunk.save(VirtualDataset(), to: path, overwrite: true)
        }
    }

    @Test func optionsBelongToForms() throws {
        let names = forms.options.map(\.name)
        #expect(Set(names).count == names.count)
        var options = SavingOptions()
        #expect(options[ParquetForm.recordSize] == 100_000 && options[JSONForm.compression] == nil)
        options[ParquetForm.recordSize] = 7
        #expect(options[ParquetForm.recordSize] == 7)
        #expect(options.text(of: ParquetForm()) == "record_size=7 fill_missing=false compression_level=1")
        let size = try #require(forms.options.first { $0.name == "record_size" })
        try options.set(size, .integer(9))
        #expect(options[ParquetForm.recordSize] == 9)
        for wrong in [.integer(0), .string("9"), .bool(true)] as [JSONValue] {
            let error = #expect(throws: KerchunkError.self) { try options.set(size, wrong) }
            #expect(error?.kind == .usage)
        }
    }

    @Test func aFormMoreIsOneValue() throws {
        let all = FormDirectory(JSONForm(), [ParquetForm(), PackedForm(), ToyForm()])
        let form = all.form(ofOutput: "set.toy")
        #expect(form.id == "toy" && forms.form(ofOutput: "set.toy").id == "json")
        let data = try directory.write("data", "abc")
        let path = directory.path + "/set.toy"
        #expect(try Kerchunk.save(dataset(data), to: path, as: form) == 2)
        let source = try LocalFile(path)
        let start = try source.read(ByteRange(0..<64))
        #expect(all.form(ofFileStartingWith: start)?.id == "toy" && all.isCertainlyReferences(start))
        #expect(!forms.isReplaceable(start) && all.isReplaceable(start))
        let opened = try form.open(.file(source), ReferenceReading(codecs: BuiltinCodecs.directory))
        #expect(opened.format == "kerchunk toy" && opened.form?.id == "toy")
        #expect(opened.dataset.root.names == ["a"])
        #expect(throws: KerchunkError.self) {
            try form.open(
                .folder(LocalDirectory(directory.path), name: "x"),
                ReferenceReading(codecs: BuiltinCodecs.directory))
        }
    }
}
