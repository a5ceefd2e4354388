// SPDX-License-Identifier: Apache-2.0
// What is combined, and how that goes about.

import KerchunkCodecs
public import KerchunkCombining
public import KerchunkModel
public import KerchunkScanning
import KerchunkStorage

/// What is combined: a reference set, a file, or a dataset in memory.
public enum CombineInput: Sendable {
    /// A reference set, in any form.
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

extension VirtualDataset {
    /// The dataset as combinations take it.
    var asInput: VirtualDataset {
        var dataset = self
        // Beside coordinates an array needs a name.
        dataset.root = dataset.root.namingRootArray()
        dataset.looseKeys = nil
        return dataset
    }
}

/// How a combination goes about its work.
public struct CombineSettings: Sendable {
    /// What the output will be saved as: inputs are brought to what that can say.
    public var saving = SavingOptions()
    public var threadCount = Platform.coreCount
    /// Bytes of input manifests that are kept in memory, about; beyond it they go to the scratch directory.
    public var memoryLimit = 256 << 20
    /// Where inputs are kept that do not fit into memory. What was scanned stays there until the work is done, so that it
    /// is not scanned again where the work was cut off. Nil for a directory beside the output that goes in any case.
    public var scratch: String?
    /// The output, beside which there is place.
    public var output: String?
    /// A reference set that the inputs are appended to; it counts as the first input.
    public var appended: String?
    /// The number of the first input among all inputs, where only some of them are summarized.
    public var firstIndex = 0
    /// How inputs that are files are scanned.
    public var scanning = ScanOptions()
    /// Whether inputs that cannot be used are left out; where it is false they end the combination.
    public var skipsFailures = false
    /// Chunks of the result of fewer stored bytes are embedded; 0 embeds none.
    public var inlineThreshold: UInt64 = 0
    /// Called for each input that has been looked at, from any thread.
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
    /// Inputs that could not be used and were left out, and why.
    public let leftOut: [(name: String, error: KerchunkError)]
    /// The sources of all inputs with their states, in the order of the inputs.
    public let recordedSources: [SourceTable.Source]
    let scratch: ScratchSpace
    /// Chunks of fewer stored bytes were embedded.
    let inlineThreshold: UInt64
    let codecs: CodecDirectory
    /// The set that inputs were appended to.
    let appended: AppendedSet?

    /// What its readers should know.
    package var notes: [Note] { ReaderNeeds(dataset, codecs).notes }

    /// Whether inputs were appended and none of them has anything that was not there.
    public var addsNothing: Bool { appended != nil && !plan.usesInputs(from: 1) }

    /// The set that is appended to, as it was when it was read.
    struct AppendedSet: Sendable {
        let location: String
        let state: OutputState
        /// Chunks of one partition, where it has partitions.
        let recordSize: UInt64?
    }

    /// To be called when the dataset has been saved: what was kept for a later attempt is of no use any more.
    public func finish() { scratch.empty() }
}
