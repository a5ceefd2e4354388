// SPDX-License-Identifier: Apache-2.0
// The contract of a form in which references are kept: one value tells how its sets are known, opened and written.
// The list of forms is `BuiltinForms`; docs/ARCHITECTURE.md, section 6, says how to add one.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// A form of reference sets. Forms of one file are `FileReferenceForm`, which has less to do.
public protocol ReferenceForm: Sendable {
    /// What options and requests call it: `json`.
    var id: String { get }
    /// What messages call it: `JSON`.
    var name: String { get }
    /// What its sets are called where files have formats, too: `kerchunk JSON`.
    var formatName: String { get }
    /// How names of its sets end, the usual ending first: `.json`.
    var endings: [String] { get }
    /// Files of which one is beneath each set of this form; empty where a set is a single file.
    var markers: [String] { get }
    /// Whether chunks are read when they are asked for, and not all when a set is opened.
    var isLazy: Bool { get }
    /// Whether sets say what was left out when they were made.
    var keepsIssues: Bool { get }
    /// Whether sets say what is missing as the model does, and not as a Zarr version can.
    var keepsMissingData: Bool { get }
    /// Zarr versions of the metadata that it can hold; nil where sets of this form are only read.
    var writableZarrFormats: ClosedRange<Int>? { get }
    /// What can be chosen for this form and no other, when it is written.
    var options: [any DeclaredOption] { get }
    /// Bytes of each file that are worth having with the first answer of a server; nil for the usual ones.
    var firstRead: UInt64? { get }

    /// Whether an output of this name is to be a set of this form.
    /// - Parameter isFolder: whether a folder is there, or the name ends in a slash.
    func claim(on name: String, isFolder: Bool) -> NameClaim?

    /// Whether a file that starts with `start` may be a set of this form, and none of another; a glance.
    func recognizes(_ start: Bytes) -> Bool

    /// Whether a file that starts with `start` is a set of this form for sure, and no other kind of file.
    func isSurely(_ start: Bytes) -> Bool

    /// Whether the files below a folder are a set of this form.
    func recognizes(_ folder: any ObjectStore) -> Bool

    /// Opens a set: reads its metadata, and chunks only if the form is not lazy.
    /// - Throws: kind `notFound` where a folder has none of the `markers`.
    func open(_ place: ReferencePlace, _ reading: ReferenceReading) throws(KerchunkError) -> Opened

    /// `dataset` without what a set of this form cannot hold, and what that is.
    func fitting(_ dataset: VirtualDataset) -> (dataset: VirtualDataset, issues: [Issue])

    /// Says early that nothing can be written to `place`, or that something is there which may not be replaced.
    func check(_ place: OutputPlace, _ writing: ReferenceWriting) throws(KerchunkError)

    /// Writes `dataset`, which is as the Zarr version says it, to `place`, where it appears whole or not at all.
    /// - Returns: how many references to chunks were written, inline ones included.
    func write(
        _ dataset: VirtualDataset, to place: OutputPlace, _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64
}

/// How a form claims a name.
public enum NameClaim: Sendable {
    /// The name ends as names of its sets do.
    case byEnding
    /// Readers take what has such a name for a set of this form.
    case byReaders
}

/// Where a set is opened from.
public enum ReferencePlace: Sendable {
    /// A file; `path` is that of a file of this machine, which can be opened again.
    case file(any ByteSource, path: String? = nil)
    /// The files below a folder or URL, which `name` names in errors.
    case folder(any ObjectStore, name: String)
}

/// A form whose chunks lie in numbered partitions, which are decoded as a whole and can be written one by one, also by
/// several processes.
public protocol PartitionedReferenceForm: ReferenceForm {
    /// Chunks of one partition.
    var recordSize: TypedOption<UInt64> { get }

    /// Partitions of all arrays of `dataset`, which `writePartitions` numbers from 0.
    func partitionCount(of dataset: VirtualDataset, _ writing: ReferenceWriting) throws(KerchunkError)
        -> UInt64

    /// Writes some partitions of the set that will be at `place`, but not those that are there already; others may do so at
    /// the same time. Needs `writing.resumeKey`.
    /// - Returns: how many references they hold, inline ones included.
    func writePartitions(
        _ numbers: Range<UInt64>, of dataset: VirtualDataset, to place: OutputPlace,
        _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64

    /// Puts the set into its place whose partitions `writePartitions` made. Needs `writing.resumeKey`.
    /// - Returns: how many references to chunks the set holds, inline ones included.
    func finish(
        _ dataset: VirtualDataset, to place: OutputPlace, _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64

    /// The file of partition `index` of an array; nil where another writing than `writing` would give it other bytes.
    func partition(_ index: UInt64, of arrayPath: String, _ writing: ReferenceWriting) -> String?
}

extension ReferenceForm {
    public var formatName: String { "kerchunk " + name }
    public var markers: [String] { [] }
    public var isLazy: Bool { true }
    public var keepsIssues: Bool { false }
    public var keepsMissingData: Bool { false }
    public var options: [any DeclaredOption] { [] }
    public var firstRead: UInt64? { nil }
    /// Whether a set is a folder of files.
    public var isFolder: Bool { !markers.isEmpty }
    /// The same form, where its sets have partitions.
    public var partitioned: (any PartitionedReferenceForm)? { self as? any PartitionedReferenceForm }

    public func claim(on name: String, isFolder: Bool) -> NameClaim? { endingClaim(on: name) }

    /// By the endings alone.
    func endingClaim(on name: String) -> NameClaim? {
        let name = isFolder ? name.withoutClosingSlashes : name
        return endings.contains(where: name.hasSuffix) ? .byEnding : nil
    }

    public func recognizes(_ start: Bytes) -> Bool { false }
    public func isSurely(_ start: Bytes) -> Bool { recognizes(start) }
    public func recognizes(_ folder: any ObjectStore) -> Bool { false }

    public func fitting(_ dataset: VirtualDataset) -> (dataset: VirtualDataset, issues: [Issue]) {
        (dataset, [])
    }

    public func check(_ place: OutputPlace, _ writing: ReferenceWriting) throws(KerchunkError) {
        throw onlyRead(place)
    }

    public func write(
        _ dataset: VirtualDataset, to place: OutputPlace, _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64 {
        throw onlyRead(place)
    }

    private func onlyRead(_ place: OutputPlace) -> KerchunkError {
        KerchunkError(
            .usage, "reference sets of the form \(name) can be read, but not written", url: place.name)
    }
}
