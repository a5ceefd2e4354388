// SPDX-License-Identifier: Apache-2.0
// Many datasets into one.

public import KerchunkCombining
public import KerchunkModel
import KerchunkReferences
public import KerchunkScanning
public import KerchunkStorage
import Synchronization

/// What is combined: a reference set, or a dataset in memory.
public enum CombineInput: Sendable {
    /// A JSON or Parquet reference set.
    case references(String)
    /// A file that is scanned.
    case file(String)
    /// A dataset, and what messages call it.
    case dataset(name: String, VirtualDataset)

    public var name: String {
        switch self {
        case .references(let name), .file(let name), .dataset(let name, _): name
        }
    }
}

/// How a combination goes about its work.
public struct CombineSettings: Sendable {
    /// Zarr version of the output.
    public var zarrFormat = 2
    public var threadCount = Platform.coreCount
    /// Bytes of input manifests that are kept in memory, about.
    public var memoryLimit = 256 << 20
    /// How inputs that are files are scanned.
    public var scanning = ScanOptions()
    public var cancellation = Cancellation()
    /// Called for each input that has been looked at, from any thread, with the number of its chunks that are there.
    public var progress: @Sendable () -> Void = {}

    public init() {}
}

/// A plan, and the dataset that it makes.
public struct CombinedDataset: Sendable {
    public let plan: CombinePlan
    /// Its chunks are pulled from the inputs when they are asked for, as when it is saved.
    public let dataset: VirtualDataset
    /// By input: what of it could not be used.
    public let inputIssues: [(name: String, issues: [Issue])]
}

extension Kerchunk {
    /// Plans how `inputs` become one dataset.
    /// - Throws: one error with all that stands against it.
    public static func combine(
        _ inputs: [CombineInput], request: CombineRequest = CombineRequest(),
        settings: CombineSettings = CombineSettings()
    ) throws(KerchunkError) -> CombinedDataset {
        let run = CombineRun(inputs: inputs, request: request, settings: settings)
        return try run.execute()
    }
}

/// One combination.
private struct CombineRun: Sendable {
    let inputs: [CombineInput]
    let request: CombineRequest
    let settings: CombineSettings

    func execute() throws(KerchunkError) -> CombinedDataset {
        let reader = ArrayReader(codecs: BuiltinCodecs.directory, sources: Kerchunk.sourceReader())
        let pool = WorkerPool(width: settings.threadCount)
        let library = InputLibrary(count: inputs.count, limit: settings.memoryLimit) {
            index throws(KerchunkError) in
            try open(index).dataset
        }
        let summarizer = InputSummarizer(request: request, reader: reader)
        let results: [Result<(InputSummary, [Issue]), KerchunkError>] = pool.map(inputs.count) { index in
            do throws(KerchunkError) {
                try settings.cancellation.check()
                let opened = try open(index)
                let summary = try summarizer.summarize(opened.dataset, name: inputs[index].name, index: index)
                library.keep(opened.dataset, as: index)
                settings.progress()
                return .success((summary, opened.issues))
            } catch {
                return .failure(error.locating(url: inputs[index].name))
            }
        }
        try settings.cancellation.check()
        var summaries: [InputSummary] = []
        var issues: [(name: String, issues: [Issue])] = []
        for (input, result) in zip(inputs, results) {
            let (summary, own) = try result.get()
            summaries.append(summary)
            if !own.isEmpty { issues.append((input.name, own)) }
        }
        let planner = CombinePlanner(request: request, pool: pool) { index, variables throws(KerchunkError) in
            var bytes: [Bytes] = []
            for variable in variables {
                let (array, table) = try library.array(variable, of: index)
                do throws(KerchunkError) {
                    bytes.append(try reader.elements(of: array, in: table))
                } catch {
                    throw error.locating(object: "/" + variable.path)
                }
            }
            return bytes
        }
        let plan = try planner.plan(summaries)
        var dataset = try CombineExecutor(plan: plan, library: library).dataset()
        dataset = try request.postprocessing.applied(to: dataset)
        return CombinedDataset(plan: plan, dataset: dataset, inputIssues: issues)
    }

    /// Opens an input as the request wants it.
    private func open(_ index: Int) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        let opened: OpenedDataset
        switch inputs[index] {
        case .references(let location):
            opened = try Kerchunk.openReferences(
                location, openCount: inputs.count, cancellation: settings.cancellation)
        case .file(let location):
            opened = try Kerchunk.open(
                location, options: settings.scanning,
                environment: ScanEnvironment(cancellation: settings.cancellation))
        case .dataset(_, let dataset):
            return (try request.preprocessing.applied(to: dataset), [])
        }
        let changed = try Kerchunk.changeZarrFormat(of: opened, to: settings.zarrFormat)
        return (try request.preprocessing.applied(to: changed.dataset), opened.issues + changed.issues)
    }
}
