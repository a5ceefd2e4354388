// SPDX-License-Identifier: Apache-2.0
// One array out of several along one of its axes, chunk behind chunk.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel

/// Joins the array of the same path of several reference sets; everything else of them is left out.
public struct ArrayConcatenation: Sendable {
    /// A reference set, and what errors call it.
    public typealias Input = (name: String, dataset: VirtualDataset)

    public enum Axis: Hashable, Sendable {
        case number(Int)
        /// The name of a dimension.
        case dimension(String)
    }

    /// The array: `tas`, `/a/b/tas`.
    public let path: String
    public let axis: Axis

    private let codecs: CodecDirectory

    /// - Parameter codecs: knows which of their settings chunks of one array may differ in.
    public init(path: String, axis: Axis = .number(0), codecs: CodecDirectory) {
        self.codecs = codecs
        self.path = path.hasPrefix("/") ? String(path.dropFirst()) : path
        self.axis = axis
    }

    /// - Returns: a dataset with the joined array in the groups that it lies in, which are those of the first input, and
    ///   attributes in which others differ.
    /// - Throws: one error with all that does not fit.
    public func join(_ inputs: [Input]) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        guard let first = inputs.first else { throw KerchunkError(.usage, "no input was given") }
        var arrays: [(name: String, array: VirtualArray)] = []
        let table = SourceTable()
        for input in inputs {
            guard let array = input.dataset.root.array(at: path) else {
                let hint = NearNames(input.dataset.root.arrayPaths).hint(for: path)
                throw KerchunkError(.usage, "there is no array \"\(path)\"\(hint)", url: input.name)
            }
            arrays.append((input.name, SourceRemapping(from: input.dataset.sources, to: table).mapped(array)))
        }
        let axis = try axisNumber(in: arrays[0].array, first.name)
        try check(arrays, axis)
        var joined = arrays[0].array
        joined.shape[axis] = 0
        for (name, array) in arrays {
            guard let length = joined.shape[axis].adding(array.shape[axis]) else {
                throw KerchunkError(
                    .limit, "the concatenated array would be too long", url: name, object: "/" + path)
            }
            joined.shape[axis] = length
        }
        guard let grid = ChunkGrid(covering: joined.shape, by: joined.chunkShape) else {
            throw KerchunkError(
                .limit, "the concatenated array would have too many chunks", object: "/" + path)
        }
        joined.chunks = JoinedManifest(arrays.map(\.array.chunks), axis: axis, grid: grid)
        let dataset = VirtualDataset(root: only(joined, of: first.dataset.root), sources: table)
        return (dataset, issues(arrays))
    }

    private func axisNumber(in array: VirtualArray, _ name: String) throws(KerchunkError) -> Int {
        switch axis {
        case .number(let number):
            guard array.shape.indices.contains(number) else {
                throw KerchunkError(
                    .usage, "there is no axis \(number); the array has \(array.shape.count)", url: name,
                    object: "/" + path)
            }
            return number
        case .dimension(let dimension):
            guard let number = array.dimensionNames?.firstExactIndex(of: dimension) else {
                let hint = NearNames(array.dimensionNames ?? []).hint(for: dimension)
                throw KerchunkError(
                    .usage, "there is no dimension \"\(dimension)\"\(hint)", url: name, object: "/" + path)
            }
            return number
        }
    }

    private func check(_ arrays: [(name: String, array: VirtualArray)], _ axis: Int) throws(KerchunkError) {
        let first = arrays[0]
        var problems: [String] = []
        for (index, (name, array)) in arrays.enumerated() {
            if index > 0 {
                var found = ArrayAgreement.disagreements(first.array, array)
                if let codecs = ArrayAgreement.codecDisagreement(first.array, array, codecs) {
                    found.append(codecs)
                }
                if !isSame(first.array.shape, array.shape, but: axis) {
                    found.append(
                        Disagreement(what: "the shape", one: "\(first.array.shape)", other: "\(array.shape)"))
                }
                if first.array.chunkShape != array.chunkShape {
                    found.append(
                        Disagreement(
                            what: "the chunk shape", one: "\(first.array.chunkShape)",
                            other: "\(array.chunkShape)"))
                }
                problems += found.map { $0.text(first.name, name) }
            }
            if index < arrays.count - 1, axis < array.shape.count,
                array.shape[axis] % array.chunkShape[axis] != 0
            {
                problems.append(
                    "\(name) has \(counted(array.shape[axis], "element")) along axis \(axis), not a multiple of the chunk length "
                        + "\(array.chunkShape[axis]); only the last input may end inside a chunk")
            }
        }
        guard !problems.isEmpty else { return }
        throw KerchunkError(
            .unsupported,
            "cannot concatenate \"\(path)\" along axis \(axis): " + problems.joined(separator: "; "))
    }

    private func isSame(_ one: [UInt64], _ other: [UInt64], but axis: Int) -> Bool {
        one.count == other.count && one.indices.allSatisfy { $0 == axis || one[$0] == other[$0] }
    }

    private func issues(_ arrays: [(name: String, array: VirtualArray)]) -> [Issue] {
        arrays.dropFirst().flatMap { name, array in
            ArrayAgreement.otherAttributes(arrays[0].array.attributes, array.attributes).map {
                Issue(
                    object: "/" + path,
                    reason:
                        "the attribute \"\($0)\" differs between \(arrays[0].name) and \(name); that of the first is kept"
                )
            }
        }
    }

    /// The groups around the array, with nothing else in them.
    private func only(_ array: VirtualArray, of root: VirtualGroup) -> VirtualGroup {
        func emptied(_ known: VirtualGroup, _ names: ArraySlice<String>) -> VirtualGroup {
            var group = VirtualGroup(attributes: known.attributes)
            guard let name = names.first else {
                group[VirtualGroup.rootArrayName] = .array(array)
                return group
            }
            switch known[name] {
            case .group(let child): group[name] = .group(emptied(child, names.dropFirst()))
            case .array: group[name] = .array(array)
            case nil: break
            }
            return group
        }
        return emptied(root, path.split(separator: "/").map(String.init)[...])
    }
}

/// Manifests behind each other along one axis.
private struct JoinedManifest: ManifestSource {
    let grid: ChunkGrid
    private let parts: [any ManifestSource]
    /// Where each part starts along the axis, in chunks; the last one is the end.
    private let starts: [UInt64]
    /// Chunks behind one step along the axis.
    private let trailing: UInt64

    init(_ parts: [any ManifestSource], axis: Int, grid: ChunkGrid) {
        self.grid = grid
        self.parts = parts
        starts = parts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.grid.shape[axis]) }
        trailing = grid.shape.dropFirst(axis + 1).reduce(1, *)
    }

    var preferredRun: UInt64 { max(1 << 16, grid.count >> 20) }
    var minimumRun: UInt64 { parts.reduce(1) { max($0, $1.minimumRun) } }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        try .building(UInt64(positions.count), expecting: positions.count) { builder in
            var next = positions.lowerBound
            let line = starts[starts.count - 1] * trailing
            while next < positions.upperBound {
                let (outer, inner) = next.quotientAndRemainder(dividingBy: line)
                let part = part(at: inner / trailing)
                let start = starts[part] * trailing
                let length = (starts[part + 1] - starts[part]) * trailing
                let count = min(positions.upperBound - next, start + length - inner)
                let old = outer * length + inner - start
                let shift = next - positions.lowerBound
                try parts[part].rows(old..<old + count).forEachPresent(
                    onRange: { builder.set($0 + shift, source: $1, offset: $2, length: $3) },
                    onOther: { builder.set($0 + shift, $1) })
                next += count
            }
        }
    }

    /// The part that holds `index` along the axis: the last that starts there or before, and is not empty.
    private func part(at index: UInt64) -> Int {
        var low = 0
        var high = parts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return low
    }
}
