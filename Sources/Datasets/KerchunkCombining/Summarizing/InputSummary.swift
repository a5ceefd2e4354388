// SPDX-License-Identifier: Apache-2.0
// What planning needs to know of an input: metadata and coordinate values, no chunks.

public import KerchunkBytes
public import KerchunkModel

/// All of an array but its extent and its chunks. Inputs of one series share the objects.
// A class because thousands of inputs have the same few.
public final class VariableSchema: Sendable {
    /// Its shape is that of the first input that had it; its chunks are empty.
    public let array: VirtualArray

    init(_ array: VirtualArray) {
        var bare = array
        bare.chunks = MemoryManifest.empty(.scalar)
        self.array = bare
    }

    /// Whether `other` differs in nothing but its shape and chunks.
    func describes(_ other: VirtualArray) -> Bool {
        array.chunkShape == other.chunkShape && array.dataType == other.dataType
            && array.missing == other.missing && array.dimensionNames.isExactly(other.dimensionNames)
            && array.codecs == other.codecs && array.hasCompressor == other.hasCompressor
            && array.attributes == other.attributes
    }
}

/// An array of an input.
public struct VariableSummary: Sendable {
    /// `tas`, `a/b/tas`.
    public let path: String
    public let shape: [UInt64]
    public let schema: VariableSchema

    /// The number of the axis of this dimension; nil where it has none.
    func axis(_ dimension: String) -> Int? { schema.array.dimensionNames?.firstExactIndex(of: dimension) }

    /// The group that it lies in: "" for the root.
    var group: String { Self.group(of: path) }
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    static func group(of path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// Whether it gives the values of its own dimension.
    var isIndex: Bool {
        guard let names = schema.array.dimensionNames, names.first?.isExactly(name) == true else {
            return false
        }
        return names.count == 1 || (names.count == 2 && schema.array.characterCount != nil)
    }
}

/// An input as planning sees it.
public struct InputSummary: Sendable {
    public let name: String
    /// Its state; empty where it is not known.
    public let stamp: SourceStamp
    /// The sources whose states are known.
    public let sources: [SourceTable.Source]
    /// Groups with their attributes, parents first; the root is "".
    public let groups: [(path: String, attributes: JSONObject)]
    public let variables: [VariableSummary]
    /// Values of index variables by path. Inputs with the same values share the memory.
    package let indexes: [ExactText: AxisValues]
    /// What the selectors of the request gave, by dimension.
    package let selected: [ExactText: AxisValues]
    /// By dimension: values of coordinates that lie outside the input, which order it and are not written.
    package let outer: [ExactText: AxisValues]
    /// What the special coordinate `var` says: the output's name of the input's variable.
    public let outputName: String?
    /// Index variables that could not be read, and why.
    package let unread: [ExactText: String]
}

// MARK: Dates as texts

extension VariableSummary {
    /// Whether this may hold the dates of a dimension that has no coordinate, as characters: `Times(Time, DateStrLen)`.
    func mayBeDates(among variables: [VariableSummary]) -> Bool {
        guard let names = schema.array.dimensionNames, names.count == 2, shape.count == 2,
            !names[0].isExactly(name),
            let length = schema.array.characterCount, (10...24).contains(length), shape[0] <= 1 << 16
        else { return false }
        return !variables.contains { $0.name.isExactly(names[0]) }
    }
}

extension InputSummary {
    /// Dates in texts along a dimension without a coordinate, and the variable that they are in; nil unless there is one.
    func dates(along dimension: String) -> (variable: String, values: AxisValues)? {
        let found = variables.compactMap { variable -> (String, AxisValues)? in
            guard variable.schema.array.dimensionNames?.first?.isExactly(dimension) == true,
                !variable.isIndex,
                variable.mayBeDates(among: variables), let values = indexes[variable.path],
                values.keys.allSatisfy({ Self.isDate($0.plainText) })
            else { return nil }
            return (variable.path, values)
        }
        guard found.count == 1, let (variable, values) = found.first,
            zip(values.keys, values.keys.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        return (variable, values)
    }

    /// `2000-02-29`, `2000-02-29_12:00:00`.
    private static func isDate(_ text: String) -> Bool {
        let form = "0000-00-00_00:00:00.000000"
        return text.count >= 10
            && zip(text, form).allSatisfy { character, expected in
                switch expected {
                case "0": character.isASCII && character.isNumber
                case "_": ["_", "T", " "].contains(character)
                default: character == expected
                }
            } && text.count <= form.count
    }
}
