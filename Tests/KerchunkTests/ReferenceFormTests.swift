// SPDX-License-Identifier: Apache-2.0
// Every form of reference sets keeps its contract, on this machine and in stores, and the suite sees forms that do not.

import Kerchunk
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite struct ReferenceFormTests {
    private let directory: TemporaryDirectory
    /// A place in the memory of this process that no other test uses.
    private let url = "memory://forms/\(Platform.monotonicTime)/"

    init() throws { directory = try TemporaryDirectory() }

    private static func open(_ location: String) throws -> (dataset: VirtualDataset, zarrFormat: Int?) {
        let opened = try Kerchunk.openReferences(location)
        guard opened.issues.isEmpty else { throw KerchunkError(.issues, "\(opened.issues)") }
        return (opened.dataset, opened.zarrFormat)
    }

    private static func json(
        _ setName: String,
        _ change: @escaping @Sendable (inout SavingOptions) -> Void = { _ in }
    ) -> FormUnderTest {
        var form = FormUnderTest("JSON (\(setName))", setName: setName) {
            dataset, zarrFormat, location, cancellation in
            var options = SavingOptions()
            options.zarrFormat = zarrFormat
            change(&options)
            try Kerchunk.save(
                dataset, to: location, as: JSONForm(), options: options, overwrite: true,
                session: Session(cancellation: cancellation))
        } open: {
            try open($0)
        }
        form.zarrFormats = [2, 3]
        // Of any failure a form of one file says that the output cannot be written.
        form.failureKinds = [.network, .output]
        return form
    }

    private static func parquet(
        _ setName: String, recordSize: UInt64, threads: Int = 1, inPlace: Bool = false
    ) -> FormUnderTest {
        var form = FormUnderTest("Parquet (\(setName), \(recordSize) rows)", setName: setName) {
            dataset, _, location, cancellation in
            var options = SavingOptions()
            options[ParquetForm.recordSize] = recordSize
            options.threadCount = threads
            options.replacesInPlace = inPlace
            try Kerchunk.save(
                dataset, to: location, as: ParquetForm(), options: options, overwrite: !inPlace,
                session: Session(cancellation: cancellation))
        } open: {
            try open($0)
        }
        form.replacesAtOnce = !inPlace
        return form
    }

    private static func savePacked(
        _ dataset: VirtualDataset, _ location: String, _ zarrFormat: Int = 2,
        _ cancellation: Cancellation = Cancellation()
    ) throws {
        var options = SavingOptions()
        options.zarrFormat = zarrFormat
        try Kerchunk.save(
            dataset, to: location, as: PackedForm(), options: options, overwrite: true,
            session: Session(cancellation: cancellation))
    }

    private static var packed: FormUnderTest {
        var form = FormUnderTest("packed", setName: "set.packed") {
            dataset, zarrFormat, location, cancellation in
            try savePacked(dataset, location, zarrFormat, cancellation)
        } open: {
            try open($0)
        }
        form.zarrFormats = [2, 3]
        form.failureKinds = [.network, .output]
        form.isSealed = true
        return form
    }

    @Test func json() {
        let place = SetPlace(folder: directory.path)
        #expect(checkReferenceForm(Self.json("set.json"), at: place) == [])
    }

    @Test(arguments: ["set.json.zst", "set.json.gz"]) func compressedJSON(_ name: String) {
        #expect(checkReferenceForm(Self.json(name), at: SetPlace(folder: directory.path)) == [])
    }

    @Test func prettyJSONWithTemplates() {
        let form = Self.json("set.json") {
            $0[JSONForm.isPretty] = true
            $0[JSONForm.usesTemplates] = true
        }
        #expect(checkReferenceForm(form, at: SetPlace(folder: directory.path), prefixes: 20) == [])
    }

    @Test func jsonInAStore() {
        let place = SetPlace(MemoryStore.shared, below: url)
        #expect(checkReferenceForm(Self.json("set.json"), at: place, prefixes: 20) == [])
    }

    @Test(arguments: [(64 as UInt64, 1), (100_000, 1), (100, 2)])
    func parquet(_ recordSize: UInt64, _ threads: Int) {
        let form = Self.parquet("set.parq", recordSize: recordSize, threads: threads)
        let place = SetPlace(folder: directory.path)
        #expect(checkReferenceForm(form, at: place, prefixes: recordSize == 100_000 ? 30 : 8) == [])
    }

    @Test func parquetInAStore() {
        let form = Self.parquet("set.parq", recordSize: 100, inPlace: true)
        let place = SetPlace(MemoryStore.shared, below: url)
        #expect(checkReferenceForm(form, at: place, prefixes: 20) == [])
    }

    @Test func packedDatasets() {
        #expect(checkReferenceForm(Self.packed, at: SetPlace(folder: directory.path)) == [])
    }

    /// Dicts as Python marshals them, made of the same references in JSON.
    @Test func marshalledDicts() {
        var form = FormUnderTest("marshalled", setName: "set.marshal") {
            dataset, zarrFormat, location, cancellation in
            var options = SavingOptions()
            options.zarrFormat = zarrFormat
            let text = MemoryUpload()
            try Kerchunk.write(
                dataset, to: text, named: location, as: JSONForm(), options: options,
                session: Session(cancellation: cancellation))
            let document = try JSONScanner.parse(Bytes(text.bytes))
            var bytes: [UInt8] = []
            marshal(document, to: &bytes)
            let file = try AtomicFile(location, overwrite: true)
            try file.write(bytes)
            try file.commit()
        } open: { location in
            let bytes = Bytes(try Platform.readToEnd(location))
            let reading = ReferenceReading(codecs: BuiltinCodecs.directory)
            let opened = try PythonForm().open(bytes, reading)
            return (opened.dataset, opened.zarrFormat)
        }
        form.zarrFormats = [2, 3]
        form.failureKinds = [.network, .output]
        #expect(checkReferenceForm(form, at: SetPlace(folder: directory.path)) == [])
    }

    // MARK: Faults

    private enum Fault: CaseIterable {
        case losesChunks, losesNames, writesInPlace, leavesParts, mixes, hurries, forgetsCancelling
    }

    /// Packed datasets with a fault.
    private static func faulty(_ fault: Fault) -> FormUnderTest {
        FormUnderTest("faulty", setName: "set.packed") { dataset, zarrFormat, location, cancellation in
            var dataset = dataset
            let cancellation = fault == .forgetsCancelling ? Cancellation() : cancellation
            switch fault {
            case .losesChunks:
                if case .array(var array) = dataset.root["mixed"] {
                    array.chunks = MemoryManifest.empty(array.chunks.grid)
                    dataset.root["mixed"] = .array(array)
                }
            case .losesNames: dataset.root["é"] = nil
            case .writesInPlace: Platform.remove(location)
            case .leavesParts:
                let file = try AtomicFile(location + ".part", overwrite: true)
                try file.write([1])
                try file.commit()
            case .mixes:
                try savePacked(VirtualDataset(), location)
                let later = Platform.Bell()
                _ = later.wait(past: 0, milliseconds: 5)
            case .hurries, .forgetsCancelling: break
            }
            let write = { try savePacked(dataset, location, zarrFormat, cancellation) }
            if fault == .hurries {
                // Says that it is done whatever comes of it.
                _ = try? write()
            } else {
                _ = try write()
            }
            if fault == .leavesParts { Platform.remove(location + ".part") }
        } open: { location in
            do {
                return try open(location)
            } catch {
                if fault == .mixes, KerchunkError(wrapping: error).kind != .notFound {
                    return (VirtualDataset(), 2)
                }
                throw error
            }
        }
    }

    @Test(
        arguments: [
            (.losesChunks, "kinds of chunks, Zarr 2: \"mixed\" differs"),
            (.losesNames, "names, Zarr 2: \"é\" is missing"),
            (.writesInPlace, "a writing that fails at chunk 0 leaves []"),
            (.leavesParts, "a writing that fails at chunk 0 leaves [\"set.packed\", \"set.packed.part\"]"),
            (.hurries, "a writing that fails at chunk 0: no error"), (.mixes, "no error, but"),
            (.forgetsCancelling, "a writing that is cancelled at chunk 0: no error"),
        ] as [(Fault, String)])
    private func faultsAreSeen(_ fault: Fault, _ sentence: String) {
        let found = checkReferenceForm(
            Self.faulty(fault), at: SetPlace(folder: directory.path), prefixes: 20)
        #expect(found.contains { $0.contains(sentence) }, "\(found)")
    }
}

/// Appends `value` as Python's `marshal.dumps(value, 2)` writes it; inline chunks are text.
private func marshal(_ value: JSONValue, to bytes: inout [UInt8]) {
    func append(_ code: Character, _ number: Int) {
        bytes += Array(code.utf8)
        let bits = UInt32(bitPattern: Int32(truncatingIfNeeded: number))
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    func append(_ text: String) {
        append("u", text.utf8.count)
        bytes += Array(text.utf8)
    }
    switch value {
    case .null: bytes += Array("N".utf8)
    case .bool(let isTrue): bytes += Array((isTrue ? "T" : "F").utf8)
    case .string(let text): append(text)
    case .array(let items):
        append("[", items.count)
        for item in items { marshal(item, to: &bytes) }
    case .object(let members):
        bytes += Array("{".utf8)
        for (name, member) in members {
            append(name)
            marshal(member, to: &bytes)
        }
        bytes += Array("0".utf8)
    case .number(let number):
        if let whole = number.uint64 {
            // Digits to the base 2^15.
            let digits = (0..<5).map { whole >> (15 * $0) & 0x7FFF }.reversed().drop { $0 == 0 }.reversed()
            if whole <= UInt64(Int32.max) { return append("i", Int(whole)) }
            append("l", digits.count)
            for digit in digits { bytes += [UInt8(digit & 0xFF), UInt8(digit >> 8)] }
        } else {
            bytes += Array("g".utf8)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: number.double.bitPattern >> (8 * $0)) }
        }
    }
}
