// SPDX-License-Identifier: Apache-2.0
import Kerchunk
import KerchunkBytes
import KerchunkCombining
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

/// Plans for files that are scanned: made of summaries, executed by others.
@Suite struct ScannedPlanTests {
    let directory: TemporaryDirectory
    let names: [String]
    let request: CombineRequest
    var settings = CombineSettings()

    init() throws {
        directory = try TemporaryDirectory()
        var names: [String] = []
        for name in ["a.nc", "b.nc", "c.nc"] {
            names.append(directory.path + "/" + name)
            let file = try AtomicFile(directory.path + "/" + name, overwrite: true)
            try file.write(fixture("netcdf3/classic.nc").array)
            try file.commit()
        }
        self.names = names
        var request = CombineRequest()
        request.concatDimensions = ["run"]
        request.coordinates = [.init("run", .index)]
        request.semantics = .kerchunk
        self.request = request
        settings.scratch = directory.path + "/scratch"
        settings.scanning.inlineThreshold = 0
    }

    private func task() throws -> CombineTask {
        var documents: [SummaryDocument] = []
        for (index, name) in names.enumerated() {
            var settings = settings
            settings.firstIndex = index
            let document = try Kerchunk.summarize([.file(name)], request: request, settings: settings)
            documents.append(try SummaryDocument(json: document.json))
        }
        let (task, _) = try BuildJob(request: request, settings: settings).plan(
            summarized: SummaryDocument(joining: documents), areFiles: true)
        var read = try CombineTask(json: try task.json())
        read.scanning = settings.scanning
        read.scratch = settings.scratch
        return read
    }

    @Test func theOutputIsThatOfOneRun() throws {
        let combined = try Kerchunk.combine(names.map { .file($0) }, request: request, settings: settings)
        let output = directory.path + "/one.json"
        try Kerchunk.save(combined, to: output)
        combined.finish()
        var task = try task()
        for scratch in [settings.scratch, nil] {
            task.scratch = scratch
            try task.save(to: directory.path + "/other.json", overwrite: true)
            #expect(
                try Platform.readToEnd(directory.path + "/other.json") == Platform.readToEnd(output))
        }
    }

    @Test func eachFileIsScannedOnce() throws {
        let task = try task()
        let kept = try Platform.list(directory.path + "/scratch").filter { $0.hasSuffix(".kpack") }
        #expect(kept.count == 3)
        let states = try kept.map { try Platform.status(directory.path + "/scratch/" + $0) }
        try task.save(to: directory.path + "/out.json")
        #expect(
            try kept.map { try Platform.status(directory.path + "/scratch/" + $0).modificationTime }
                == states.map(\.modificationTime))
    }

    @Test func otherOptionsAreRefused() throws {
        var task = try task()
        task.scanning?.group = "/other"
        let error = try #require(throws: KerchunkError.self) { try task.dataset() }
        #expect(error.kind == .usage)
        task.scanning = nil
        #expect(throws: KerchunkError.self) { try task.dataset() }
    }

    @Test func filesThatHaveChangedAreRefused() throws {
        let task = try task()
        let file = try AtomicFile(names[1], overwrite: true)
        try file.write(fixture("netcdf3/cdf5.nc").array)
        try file.commit()
        let error = try #require(throws: KerchunkError.self) {
            try task.save(to: directory.path + "/out.json")
        }
        #expect(error.message.contains("8256 bytes, but 3352 when it was scanned"))
        #expect(error.description.contains(names[1]))
    }

    @Test func whatInputsShareIsWrittenOnce() throws {
        let one = try Kerchunk.summarize([.file(names[0])], request: request, settings: settings)
        let all = try Kerchunk.summarize(names.map { .file($0) }, request: request, settings: settings)
        let joined = SummaryDocument(joining: [one, all])
        #expect(joined.summaries.count == 4)
        #expect(joined.json["schemas"]?.array?.count == one.json["schemas"]?.array?.count)
        #expect(joined.json["groups"]?.array?.count == 1)
    }
}
