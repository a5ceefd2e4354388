// SPDX-License-Identifier: Apache-2.0
// What is in a dataset.

import Kerchunk

extension Operations {
    /// Groups, arrays and their metadata; no chunks are looked at.
    static func describe(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset"], of: "describe")
        let opened = try request.dataset().opened
        var groups: [JSONValue] = []
        opened.dataset.root.forEachGroup { path, group in
            var arrays: [JSONValue] = []
            for (name, member) in group.members {
                if case .array(let array) = member { arrays.append(array.description(name: name)) }
            }
            groups.append([
                "path": .string("/" + path), "attributes": .object(group.attributes),
                "arrays": .array(arrays),
            ])
        }
        return Reply(document: [
            "format": .string(opened.format), "zarr_format": .integer(opened.zarrFormat ?? 2),
            "groups": .array(groups), "is_partitioned": .bool(opened.form?.partitioned != nil),
        ])
    }

    /// The dataset counted, as `kerchunk inspect --json` shows it.
    static func inspect(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "location", "variable"], of: "inspect")
        let opened = try request.dataset().opened
        let summary = try DatasetSummary(
            opened, location: try request.string("location") ?? "", only: try request.string("variable"))
        return Reply(document: summary.json.object ?? [:])
    }
}

extension Operations {
    /// The first and last values of a one-dimensional coordinate as people read them, where the references hold them all.
    static func labels(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "array", "edge"], of: "labels")
        let path = try request.required(try request.string("array"), "array")
        let edge = try request.integer("edge", in: 1...1000) ?? 3
        let array = try request.virtualArray(path)
        guard let labels = Kerchunk.labels(of: array), let count = array.shape.first else {
            return Reply(document: ["labels": .null])
        }
        let first = 0..<min(edge, count)
        let last = max(first.upperBound, count - min(edge, count))..<count
        let steps = CoordinateReading().steps(of: array, in: try request.dataset().opened, location: "")
        let places = (steps?.places ?? []).prefix(Int(edge)).map(\.text)
        return Reply(document: [
            "labels": [
                "count": .integer(count), "first": .strings(first.compactMap { labels[$0] }),
                "last": .strings(last.compactMap { labels[$0] }),
                "irregular": .integer(steps?.count ?? 0), "irregular_places": .strings(places),
            ]
        ])
    }
}

extension Operations {
    /// Holds references against the files that they point to.
    static func verify(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "read", "seed", "storage"], of: "verify")
        let opened = try request.dataset().opened
        let result = try Kerchunk.verify(
            opened.dataset, sampleSize: Int(try request.integer("read") ?? 0),
            seed: try request.integer("seed", in: 0...UInt64.max) ?? 0, session: try request.session())
        return Reply(document: result.json(issues: opened.issues).object ?? [:])
    }
}

extension VirtualArray {
    fileprivate func description(name: String) -> JSONValue {
        [
            "name": .string(name), "shape": .integers(shape), "chunks": .integers(chunkShape),
            "grid": .integers(chunks.grid.shape), "dtype": dataType.v2Name,
            "fill_value": missing.unwritten.json(for: dataType), "filters": .array(v2Filters.map(\.json)),
            "compressor": v2Compressor?.json ?? .null,
            "dimensions": dimensionNames.map { .strings($0) } ?? .null, "attributes": .object(attributes),
        ]
    }
}
