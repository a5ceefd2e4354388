// SPDX-License-Identifier: Apache-2.0
// What attributes point to, file by file, before anything is translated.

import KerchunkBytes
import KerchunkModel

/// The files that a hierarchy spans: the scanned one first, then those that external links led to.
struct LinkedValues {
    let files: [HDF5File]
    /// For each file: knows its objects' paths, and all that its attributes point to.
    let readers: [StoredValueReader]
    private let indices: [ObjectIdentifier: Int]

    init(of nodes: [HierarchyNode], in mainFile: HDF5File) throws {
        var files = [mainFile]
        var indices: [ObjectIdentifier: Int] = [ObjectIdentifier(mainFile): 0]
        for case let file? in nodes.map(\.file) where indices[ObjectIdentifier(file)] == nil {
            indices[ObjectIdentifier(file)] = files.count
            files.append(file)
        }
        self.files = files
        self.indices = indices
        var readers = files.map { StoredValueReader(sizes: $0.sizes, pointed: PointedValues()) }
        var pointing = [[AttributeMessage]](repeating: [], count: files.count)
        for node in nodes {
            let number = node.file.flatMap { indices[ObjectIdentifier($0)] } ?? 0
            if readers[number].pointed.paths[node.object.address] == nil {
                readers[number].pointed.paths[node.object.address] = node.path
            }
            for attribute in node.object.attributes where attribute.datatype.pointsToHeap {
                pointing[number].append(attribute)
            }
        }
        for (number, file) in files.enumerated() {
            try file.fetch(
                pointing[number].map { ($0.value, $0.datatype) }, into: &readers[number].pointed)
        }
        self.readers = readers
    }

    func index(of file: HDF5File?) -> Int { file.flatMap { indices[ObjectIdentifier($0)] } ?? 0 }

    func reader(of node: HierarchyNode) -> StoredValueReader { readers[index(of: node.file)] }
}

extension HDF5File {
    /// Fetches what `values` point to, level by level of types inside types.
    func fetch(_ values: [(bytes: Bytes, type: Datatype)], into pointed: inout PointedValues) throws {
        let depth = values.map(\.type.heapDepth).max() ?? 0
        var reader = StoredValueReader(sizes: sizes, pointed: pointed)
        for _ in 0..<min(depth, 8) {
            var wanted: Set<GlobalHeapID> = []
            for (bytes, type) in values {
                wanted.formUnion(
                    reader.heapIDs(in: bytes, of: type, count: bytes.count / max(1, type.size)))
            }
            wanted = wanted.filter { reader.pointed.heap[$0] == nil }
            if wanted.isEmpty { break }
            reader.pointed.heap.merge(try globalHeapObjects(Array(wanted))) { first, _ in first }
        }
        pointed = reader.pointed
    }
}
