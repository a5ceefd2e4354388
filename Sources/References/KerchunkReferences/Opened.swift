// SPDX-License-Identifier: Apache-2.0
// A dataset, and what is known of it because of where it came from.

public import KerchunkBytes
public import KerchunkModel

/// A dataset that was opened: from a reference set, by a scan, or made of others. What it holds open ends with it.
public struct Opened: Sendable {
    /// Where a dataset came from.
    public enum Origin: Sendable {
        /// A reference set of this form.
        case references(any ReferenceForm)
        /// A file that was scanned, of this format.
        case scan(format: String)
        /// Other datasets: `combined`, `merged`.
        case made(String)
    }

    /// The dataset.
    public var dataset: VirtualDataset
    /// Arrays with metadata that make no sense, keys that belong to no array, what a scan left out.
    public var issues: [Issue]
    /// What is good to know, and is no trouble.
    public var notes: [Note] = []
    /// Where it came from.
    public var origin: Origin
    /// Zarr version of the documents that it was read from, or is to be shown in: 2 or 3; nil where any will do.
    public var zarrFormat: Int?
    /// The state of a reference set behind a URL; empty for others.
    public var stamp = SourceStamp()
    /// The states of sources that a reference set in JSON records, by URL; also of those that no reference points to.
    package var recordedStamps: [ExactText: SourceStamp] = [:]
    /// What whoever wrote the set noted.
    public var note: JSONObject = [:]
    /// Chunks of one partition, where the form has partitions.
    public var recordSize: UInt64?

    public init(
        _ dataset: VirtualDataset, issues: [Issue] = [], from origin: Origin, zarrFormat: Int? = nil
    ) {
        self.dataset = dataset
        self.issues = issues
        self.origin = origin
        self.zarrFormat = zarrFormat
    }

    /// The form of the reference set that it came from; nil where it came from none.
    public var form: (any ReferenceForm)? {
        if case .references(let form) = origin { form } else { nil }
    }

    /// Whether its chunks are read when they are asked for.
    public var isLazy: Bool { form?.isLazy ?? false }

    /// What people call the place it came from: `HDF5`, `kerchunk JSON`, `combined`.
    public var format: String {
        switch origin {
        case .references(let form): form.formatName
        case .scan(let format): format
        case .made(let how): how
        }
    }
}
