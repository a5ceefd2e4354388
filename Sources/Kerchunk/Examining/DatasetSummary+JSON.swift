// SPDX-License-Identifier: Apache-2.0
// What `inspect` shows, for programs. Spec: docs/command-line.md, "kerchunk inspect".

package import KerchunkBytes
import KerchunkModel
import KerchunkReferences

extension DatasetSummary {
    package var json: JSONValue {
        [
            "location": .string(shownURL(location)),
            "format": .string(format),
            "groups": .array(groups.map(\.json)),
            "sources": .array(sources.map(\.json)),
            "issues": .array(issues.map(\.json)),
            "loose_keys": .strings(looseKeys?.names ?? []),
            "totals": totals,
        ]
    }

    private var totals: JSONValue {
        let counts = groups.flatMap(\.variables).map(\.counts)
        func sum(_ number: (ChunkSurvey) -> UInt64) -> JSONValue {
            .integer(counts.reduce(UInt64(0)) { $0.adding(number($1)) ?? .max })
        }
        return [
            "sources": .integer(sources.count), "chunks": sum(\.chunks), "references": sum(\.references),
            "inline": sum(\.inline), "missing": sum(\.missing), "stored_bytes": sum(\.storedBytes),
            "inline_bytes": sum(\.inlineBytes),
        ]
    }
}

extension DatasetSummary.Group {
    fileprivate var json: JSONValue {
        [
            "path": .string(path),
            "dimensions": .object(JSONObject(dimensions.map { ($0.name, .integer($0.length)) })),
            "variables": .array(variables.map(\.json)),
            "attributes": JSONValue.object(attributes).standard,
        ]
    }
}

extension DatasetSummary.Variable {
    fileprivate var json: JSONValue {
        [
            "name": .string(name),
            "path": .string(path),
            "dtype": array.dataType.v2Name,
            "dimensions": array.dimensionNames.map { .strings($0) } ?? .null,
            "shape": .integers(array.shape),
            "chunks": .integers(array.chunkShape),
            "chunk_grid": .integers(array.chunks.grid.shape),
            "codecs": .array(array.codecs.map(\.json)),
            "fill_value": array.missing.unwritten.json(for: array.dataType),
            "is_coordinate": .bool(isCoordinate),
            "references": .integer(counts.references),
            "inline": .integer(counts.inline),
            "missing": .integer(counts.missing),
            "stored_bytes": .integer(counts.storedBytes),
            "inline_bytes": .integer(counts.inlineBytes),
            "gaps": .array(counts.gaps.map(gapJSON)),
            "values": valuesJSON,
            "attributes": JSONValue.object(array.attributes).standard,
        ]
    }
}

extension DatasetSummary.Variable {
    private var valuesJSON: JSONValue {
        switch values {
        case nil: .null
        case .unread(let reason): ["unread": .string(reason)]
        case .read(let summary): .object(summary.json)
        }
    }

    private func gapJSON(_ gaps: AxisGaps) -> JSONValue {
        let labels = labels[gaps.axis]
        return [
            "axis": .integer(gaps.axis),
            "dimension": array.dimensionNames.map { .string($0[gaps.axis]) } ?? .null,
            "ranges": .array(
                gaps.gaps.map { gap in
                    [
                        "start": .integer(gap.elements.lowerBound), "stop": .integer(gap.elements.upperBound),
                        "first": labels?[gap.elements.lowerBound].map { .string($0) } ?? .null,
                        "last": labels?[gap.elements.upperBound - 1].map { .string($0) } ?? .null,
                        "missing": .integer(gap.missing), "chunks": .integer(gap.total),
                    ]
                }),
        ]
    }
}

extension CoordinateSummary {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "first": .string(first), "last": .string(last), "absent": .integer(absent),
        ]
        guard let steps else { return object }
        object["step"] = steps.step.map { .string($0.text) } ?? .null
        object["is_descending"] = .bool(steps.isDescending)
        if let spread = steps.spread {
            object["steps"] = ["smallest": .string(spread.smallest), "largest": .string(spread.largest)]
        }
        object["irregular"] = .integer(steps.count)
        object["missing"] = .integer(steps.missing)
        object["irregular_places"] = .array(
            steps.places.map { place in
                [
                    "index": .integer(place.index), "before": .string(place.before),
                    "after": .string(place.after), "missing": .integer(place.missing),
                    "first_missing": place.range.map { .string($0.first) } ?? .null,
                    "last_missing": place.range.map { .string($0.last) } ?? .null,
                    "text": .string(place.text),
                ]
            })
        return object
    }
}

extension DatasetSummary.Source {
    fileprivate var json: JSONValue {
        [
            "url": .string(shownURL(url)),
            "size": stamp.size.map { .integer($0) } ?? .null,
            "etag": stamp.eTag.map { .string($0) } ?? .null,
            "mtime": stamp.modificationTime.map { .integer($0) } ?? .null,
            "references": .integer(references),
            "bytes": .integer(bytes),
        ]
    }
}

extension JSONValue {
    /// The same with words in quotation marks for numbers that standard JSON does not have.
    fileprivate var standard: JSONValue {
        switch self {
        case .number(let number): number.double.isFinite ? self : .string(number.text)
        case .array(let values): .array(values.map(\.standard))
        case .object(let object): .object(JSONObject(object.map { ($0.name, $0.value.standard) }))
        default: self
        }
    }
}
