// SPDX-License-Identifier: Apache-2.0
// From a dataset to what planning needs of it.

package import KerchunkBytes
public import KerchunkModel
public import KerchunkReading
import KerchunkReferences
import Synchronization

/// Summarizes the inputs of one combination; from any thread.
// A class because the summaries share what they have in common.
public final class InputSummarizer: Sendable {
    let request: CombineRequest
    let reader: ArrayReader
    private let shared = Mutex(Shared())
    /// Different schemas of a path, or values of an index, that are shared; series have few.
    private static let sharedLimit = 8

    private typealias Known = (
        elements: Bytes, type: DataType, attributes: JSONObject, values: AxisValues
    )

    private struct Shared {
        var schemas: [ExactText: [VariableSchema]] = [:]
        /// By path: the elements as they are stored, and what they mean.
        var values: [ExactText: [Known]] = [:]
    }

    public init(request: CombineRequest, reader: ArrayReader) {
        self.request = request
        self.reader = reader
    }

    /// - Parameters:
    ///   - dataset: the input after preprocessing.
    ///   - index: its number among all inputs, from 0.
    ///   - existing: the set that it is appended to: values that count inputs go on from those that this has.
    ///   - outer: variables from outside the dataset, by the paths that selectors name; their chunks are embedded.
    ///   - ordering: the same by dimension: coordinates that order the input, and are not written.
    package func summarize(
        _ dataset: VirtualDataset, name: String, index: Int, stamp: SourceStamp = SourceStamp(),
        appendingTo existing: InputSummary? = nil, outer: [ExactText: VirtualArray] = [:],
        ordering: [ExactText: VirtualArray] = [:]
    ) throws(KerchunkError) -> InputSummary {
        try summarize(
            dataset, name: name, index: index, stamp: stamp, rules: request.coordinates, existing, outer,
            ordering)
    }

    /// A set that others are appended to: it has the values of its dimensions itself.
    public func summarize(
        existing dataset: VirtualDataset, name: String, stamp: SourceStamp
    ) throws(KerchunkError) -> InputSummary {
        try summarize(dataset, name: name, index: 0, stamp: stamp, rules: [], nil, [:], [:])
    }

    private func summarize(
        _ dataset: VirtualDataset, name: String, index: Int, stamp: SourceStamp,
        rules: [CombineRequest.CoordinateRule], _ existing: InputSummary?, _ outer: [ExactText: VirtualArray],
        _ ordering: [ExactText: VirtualArray]
    ) throws(KerchunkError) -> InputSummary {
        var groups: [(path: String, attributes: JSONObject)] = []
        dataset.root.forEachGroup { groups.append(($0, $1.attributes)) }
        var variables: [VariableSummary] = []
        dataset.root.forEachArray { path, array in
            variables.append(
                VariableSummary(path: path, shape: array.shape, schema: schema(of: array, at: path)))
        }
        let selection = CoordinateSelection(
            request: request, reader: reader, dataset: dataset, name: name, index: index,
            variables: variables, outer: outer)
        var selected: [ExactText: AxisValues] = [:]
        var outputName: String?
        for rule in rules {
            let dimension = rule.dimension
            do throws(KerchunkError) {
                var values = try selection.values(rule.selector, for: dimension)
                if case .index = rule.selector,
                    case .integer(let last) = existing?.indexes[dimension]?.keys.max()
                {
                    values.keys = [.integer(last + 1 + Int64(index))]
                }
                if dimension == CombineRequest.variableDimension {
                    outputName = values.keys.first.map { $0.plainText }
                } else {
                    selected[dimension] = values
                }
            } catch {
                throw error.locating(url: name, object: "coordinate \(dimension)")
            }
        }
        var indexes: [ExactText: AxisValues] = [:]
        var unread: [ExactText: String] = [:]
        let identical = CombineNames(request.identicalDimensions)
        for variable in variables where !identical.contain(variable.path) {
            let isJoined = request.concatDimensions.containsExactly(variable.name)
            // A scalar of a joined dimension's name is the one value of its input.
            guard
                variable.isIndex || (isJoined && variable.shape.isEmpty)
                    || variable.mayBeDates(among: variables)
            else { continue }
            // What is not looked at needs not be read.
            if !isJoined, !request.concatDimensions.isEmpty, request.overrides.contains(.coordinates) {
                continue
            }
            if isJoined, selected[variable.name] != nil { continue }
            guard let array = dataset.root.array(at: variable.path) else { continue }
            do throws(KerchunkError) {
                indexes[variable.path] = try values(of: array, at: variable.path, in: dataset.sources)
            } catch {
                if error.kind == .changed { throw error.locating(object: "/" + variable.path) }
                unread[variable.path] = error.description
            }
        }
        var ordered: [ExactText: AxisValues] = [:]
        for (dimension, array) in ordering {
            ordered[dimension] = try values(of: array, at: "/" + dimension.text, in: dataset.sources)
        }
        return InputSummary(
            name: name, stamp: stamp,
            sources: dataset.sources.sources.filter { $0.stamp != SourceStamp() }, groups: groups,
            variables: variables, indexes: indexes,
            selected: selected, outer: ordered,
            outputName: outputName, unread: unread)
    }

    private func schema(of array: VirtualArray, at path: String) -> VariableSchema {
        let known = shared.withLock { $0.schemas[path] ?? [] }
        if let same = known.first(where: { $0.describes(array) }) { return same }
        let new = VariableSchema(array)
        if known.count < Self.sharedLimit {
            shared.withLock { $0.schemas[path, default: []].append(new) }
        }
        return new
    }

    /// The values of an index variable; those that many inputs have are decoded once.
    private func values(
        of array: VirtualArray, at path: String, in sources: SourceTable
    ) throws(KerchunkError) -> AxisValues {
        let elements = try reader.elements(of: array, in: sources)
        let known = shared.withLock { $0.values[path] ?? [] }
        // What the elements mean is in the type and the attributes.
        if let same = known.first(where: {
            $0.elements == elements && $0.type == array.dataType && $0.attributes == array.attributes
        }) {
            return same.values
        }
        let values = try AxisValues(elements, of: array, isCoordinate: true)
        if known.count < Self.sharedLimit {
            shared.withLock {
                $0.values[path, default: []].append((elements, array.dataType, array.attributes, values))
            }
        }
        return values
    }
}

extension CoordinateKey {
    /// Without the quotes that `description` has around texts.
    var plainText: String { if case .text(let text) = self { text } else { description } }
}
