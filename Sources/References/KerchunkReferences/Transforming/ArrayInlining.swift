// SPDX-License-Identifier: Apache-2.0
// Whole arrays into the references themselves, as one raw chunk each: fewer keys, and nothing to fetch.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkReading

/// Which arrays become one embedded chunk.
public struct ArrayInlining: Sendable {
    /// Names or paths, with `*` and `?`.
    public var names: [String] = []
    /// All arrays of fewer decoded bytes.
    public var size: UInt64 = 0

    public init(names: [String] = [], size: UInt64 = 0) {
        self.names = names
        self.size = size
    }
}

extension VirtualDataset {
    /// The same dataset with whole arrays decoded and embedded; they are read at once.
    /// - Parameter sources: reads the chunks that are not embedded yet.
    /// - Returns: the dataset, and the arrays that were small enough but could not be read, which stay as they are.
    /// - Throws: where an array that is named cannot be read, or a name fits nothing.
    public func inliningArrays(
        _ choice: ArrayInlining, reading sources: SourceReader, codecs: CodecDirectory
    ) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        let filter = VariableFilter(included: choice.names)
        try filter.check(against: root)
        let reader = ArrayReader(codecs: codecs, sources: sources)
        var issues: [Issue] = []
        let changed = try root.mappingArrays { (path, array) throws(KerchunkError) in
            let isNamed = !choice.names.isEmpty && filter.accepts(path)
            let size = checkedProduct(array.shape + [UInt64(array.dataType.size)])
            let isSmall = choice.size > 0 && !array.dataType.isObject && size.map { $0 < choice.size } == true
            guard isNamed || isSmall, size != 0 else { return array }
            do throws(KerchunkError) {
                return try inlined(array, reader)
            } catch {
                if isNamed || error.kind == .changed { throw error.locating(object: "/" + path) }
                issues.append(Issue(object: "/" + path, reason: "not embedded: \(error.message)"))
                return array
            }
        }
        var dataset = self
        dataset.root = changed
        return (dataset.remapped(), issues)
    }

    private func inlined(_ array: VirtualArray, _ reader: ArrayReader) throws(KerchunkError) -> VirtualArray {
        let elements = try reader.elements(of: array, in: sources)
        var inlined = array
        inlined.chunkShape = array.shape
        inlined.codecs = array.dataType == .text ? [TextContainer.codec] : []
        guard let grid = ChunkGrid(covering: array.shape, by: inlined.chunkShape) else {
            throw KerchunkError(.unsupported, "it has no elements")
        }
        var builder = ManifestBuilder(grid: grid)
        builder.set(0, .inline(elements))
        inlined.chunks = builder.finish()
        return inlined
    }
}
