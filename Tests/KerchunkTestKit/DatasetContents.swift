// SPDX-License-Identifier: Apache-2.0
// All that a dataset says, as lines of text: for comparisons across source tables and kinds of manifests.

import KerchunkBytes
public import KerchunkModel

/// A line for each fact of each group (its path ends in `/`) and array; chunks by their URLs.
/// - Throws: where chunks that are read when they are asked for cannot be.
public func contents(of dataset: VirtualDataset) throws -> [String: [String]] {
    var contents = ["/": attributeLines(dataset.root.attributes)]
    dataset.root.forEachGroup { path, group in contents[path + "/"] = attributeLines(group.attributes) }
    try dataset.root.forEachArray { path, array in
        var lines = [
            "shape \(array.shape) in \(array.chunkShape)", "type \(array.dataType)",
            "fill \(array.missing.unwritten)",
            "codecs \(array.codecs.map { $0.json.serialized() }), a compressor: \(array.hasCompressor)",
            "dimensions \(array.dimensionNames?.description ?? "unknown")",
        ]
        lines += attributeLines(array.attributes)
        try array.chunks.forEachRun { start, manifest in
            manifest.forEachPresent { position, location in
                lines.append("chunk \(start + position): \(text(location, dataset.sources))")
            }
        }
        contents[path] = lines
    }
    try dataset.looseKeys?.forEachKey { name, location in
        contents["loose " + name] = [text(location, dataset.sources)]
    }
    return contents
}

private func attributeLines(_ attributes: JSONObject) -> [String] {
    attributes.map { "attribute \(JSONValue.string($0.name).serialized()) \($0.value.serialized())" }.sorted()
}

private func text(_ location: ChunkLocation, _ sources: SourceTable) -> String {
    switch location {
    case .missing: "missing"
    case .inline(let bytes): "inline \(bytes.array)"
    case .wholeFile(let source): "\(sources[source].url), whole"
    case .range(let source, let range): "\(sources[source].url), \(range.count) bytes from \(range.offset)"
    }
}

/// The first difference in words; nil where there is none.
func difference(_ found: [String: [String]], _ right: [String: [String]]) -> String? {
    for path in Set(found.keys).union(right.keys).sorted() {
        guard let lines = found[path] else { return "\"\(path)\" is missing" }
        guard let rightLines = right[path] else { return "there is a \"\(path)\"" }
        guard lines != rightLines else { continue }
        let line = Set(lines).symmetricDifference(rightLines).min() ?? "the order of lines"
        return "\"\(path)\" differs in \"\(line.prefix(300))\""
    }
    return nil
}
