// SPDX-License-Identifier: Apache-2.0
// The inputs of a combination, opened when their chunks are asked for; no more of them in memory than a limit allows.

import KerchunkBytes
public import KerchunkModel
import KerchunkReferences
import Synchronization

/// Opens inputs, and keeps those in memory that must stay, and of the others those that were used last.
// A class because all manifests of the result share the open inputs.
public final class InputLibrary: Sendable {
    /// Opens input number `index`, and changes it as the request asks.
    public typealias Opener = @Sendable (_ index: Int) throws(KerchunkError) -> VirtualDataset

    private let open: Opener
    /// Bytes of manifests that are kept, about.
    private let limit: Int
    /// Sources of all inputs, as the result names them.
    public let sources: SourceTable
    private let shelf: Mutex<Shelf>
    /// One lock for each few inputs, so that two workers do not open the same one.
    private let doors: [Door]

    fileprivate struct Shelf {
        var inputs: [OpenInput?]
        /// The inputs that are left of those that there were, by their number now; nil where none was taken out.
        var kept: [Int]?
        /// Bytes of those that stay, and of the others.
        var stayingSize = 0
        var size = 0
        var clock: UInt64 = 0
    }

    // A class because a mutex cannot be moved.
    private final class Door: Sendable { let lock = Mutex(()) }

    public init(
        count: Int, limit: Int = 256 << 20, sources: SourceTable = SourceTable(), open: @escaping Opener
    ) {
        self.open = open
        self.limit = limit
        self.sources = sources
        shelf = Mutex(Shelf(inputs: Array(repeating: nil, count: count)))
        doors = (0..<64).map { _ in Door() }
    }

    /// Whether the chunks of `dataset` can stay in memory.
    public func hasRoom(for dataset: VirtualDataset) -> Bool {
        let size = OpenInput.size(of: dataset)
        return shelf.withLock { $0.stayingSize + size <= limit }
    }

    /// Keeps an input that is open already.
    /// - Parameters:
    ///   - index: as inputs are numbered now.
    ///   - stays: whether it is never opened again, as that would mean to make all of its chunks anew.
    public func keep(_ dataset: VirtualDataset, as index: Int, stays: Bool) {
        let input = OpenInput(dataset, into: sources, stays: stays)
        shelf.withLock { $0.put(input, at: $0.kept?[index] ?? index, limit: limit) }
    }

    /// The chunks of an input's array.
    func rows(of part: ArrayPlan.ArrayPart) throws(KerchunkError) -> InputRows {
        let input = try input(part.input)
        guard let manifest = try input.manifest(part), manifest.grid.count == part.gridShape.reduce(1, *)
        else {
            throw KerchunkError(
                .changed,
                "the input no longer has the array \"\(part.path)\" as it was when the plan was made")
        }
        return InputRows(manifest: manifest, remapping: input.remapping)
    }

    /// An array of an input with its chunks; those name rows of the table.
    public func array(_ variable: VariableSummary, of index: Int) throws(KerchunkError) -> (
        VirtualArray, SourceTable
    ) {
        let input = try input(index)
        var array = variable.schema.array
        array.shape = variable.shape
        guard let manifest = input.manifests[variable.path] else {
            throw KerchunkError(.changed, "the input no longer has the array \"\(variable.path)\"")
        }
        array.chunks = manifest
        return (array, input.table)
    }

    /// From now on only these inputs count, and are numbered anew in this order; the opener still gets the old numbers.
    public func keepOnly(_ indices: [Int]) {
        shelf.withLock { shelf in
            shelf.kept = indices
            let kept = Set(indices)
            for index in shelf.inputs.indices where !kept.contains(index) { shelf.drop(index) }
        }
    }

    private func input(_ number: Int) throws(KerchunkError) -> OpenInput {
        let index = shelf.withLock { $0.kept?[number] ?? number }
        if let known = shelf.withLock({ $0.take(index) }) { return known }
        return try doors[index % doors.count].lock.withLock { _ throws(KerchunkError) in
            if let known = shelf.withLock({ $0.take(index) }) { return known }
            let input = OpenInput(try open(index), into: sources, stays: false)
            shelf.withLock { $0.put(input, at: index, limit: limit) }
            return input
        }
    }
}

extension InputLibrary.Shelf {
    fileprivate mutating func take(_ index: Int) -> OpenInput? {
        guard let input = inputs[index] else { return nil }
        clock += 1
        input.lastUse.store(clock, ordering: .relaxed)
        return input
    }

    fileprivate mutating func put(_ input: OpenInput, at index: Int, limit: Int) {
        clock += 1
        input.lastUse.store(clock, ordering: .relaxed)
        if let old = inputs[index] { count(old, by: -1) }
        inputs[index] = input
        count(input, by: 1)
        // What can be opened again always has some room, so that it is not opened for each run of chunks.
        let limit = max(limit - stayingSize, limit / 4)
        guard size > limit else { return }
        // Down to three quarters at once, so that the search is rare.
        let byUse = inputs.indices.compactMap { place -> (place: Int, lastUse: UInt64, size: Int)? in
            guard let input = inputs[place], !input.stays, place != index else { return nil }
            return (place, input.lastUse.load(ordering: .relaxed), input.size)
        }.sorted { $0.lastUse < $1.lastUse }
        for other in byUse where size > limit / 4 * 3 {
            inputs[other.place] = nil
            size -= other.size
        }
    }

    fileprivate mutating func drop(_ index: Int) {
        if let old = inputs[index] { count(old, by: -1) }
        inputs[index] = nil
    }

    private mutating func count(_ input: OpenInput, by times: Int) {
        if input.stays { stayingSize += times * input.size } else { size += times * input.size }
    }
}

/// The manifests of an input.
// A class because the shelf and the workers share it.
final class OpenInput: Sendable {
    let manifests: [ExactText: any ManifestSource]
    let table: SourceTable
    let remapping: SourceRemapping
    /// Bytes that it takes, about.
    let size: Int
    /// Whether it is never opened again.
    let stays: Bool
    let lastUse = Atomic<UInt64>(0)
    /// Manifests of chunks that are cut, by path.
    private let split = Mutex<[ExactText: any ManifestSource]>([:])
    private let arrays: [ExactText: VirtualArray]

    init(_ dataset: VirtualDataset, into sources: SourceTable, stays: Bool) {
        var manifests: [ExactText: any ManifestSource] = [:]
        var arrays: [ExactText: VirtualArray] = [:]
        dataset.root.forEachArray { path, array in
            manifests[path] = array.chunks
            if array.codecs.isEmpty { arrays[path] = array }
        }
        self.manifests = manifests
        self.arrays = arrays
        size = Self.size(of: dataset)
        self.stays = stays
        table = dataset.sources
        remapping = SourceRemapping(from: dataset.sources, to: sources)
    }

    /// Bytes that the manifests of a dataset take, about.
    static func size(of dataset: VirtualDataset) -> Int {
        var size = 1024
        dataset.root.forEachArray { _, array in
            size += 512 + ((array.chunks as? MemoryManifest)?.manifest.memorySize ?? 0)
        }
        return size
    }

    func manifest(_ part: ArrayPlan.ArrayPart) throws(KerchunkError) -> (any ManifestSource)? {
        guard part.splitFactor > 1 else { return manifests[part.path] }
        if let known = split.withLock({ $0[part.path] }) { return known }
        guard let array = arrays[part.path] else { return nil }
        var root = VirtualGroup()
        root["array"] = .array(array)
        let cut = try VirtualDataset(root: root, sources: table).subchunking(
            "/array", factor: part.splitFactor)
        let manifest = cut.root.array(at: "array")?.chunks
        split.withLock { $0[part.path] = manifest }
        return manifest
    }
}

/// The chunks of one array of an input, with sources as the result names them.
struct InputRows {
    let manifest: any ManifestSource
    let remapping: SourceRemapping

    /// Calls `onRange` or `onOther` for each chunk of `positions` that is not missing; positions count from the first.
    func forEachPresent(
        _ positions: Range<UInt64>,
        onRange: (_ position: UInt64, SourceIndex, _ offset: UInt64, _ length: UInt64) throws -> Void,
        onOther: (_ position: UInt64, ChunkLocation) throws -> Void
    ) throws {
        // Most chunks lie in the same file as their neighbours.
        var last: (old: SourceIndex, new: SourceIndex)?
        func row(of source: SourceIndex) -> SourceIndex {
            if let last, last.old == source { return last.new }
            let new = remapping.row(of: source)
            last = (source, new)
            return new
        }
        try manifest.rows(positions).forEachPresent(
            onRange: { try onRange($0, row(of: $1), $2, $3) },
            onOther: { position, location in
                if case .wholeFile(let source) = location {
                    try onOther(position, .wholeFile(row(of: source)))
                } else {
                    try onOther(position, location)
                }
            })
    }
}
