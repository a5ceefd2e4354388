// SPDX-License-Identifier: Apache-2.0
// Which dimensions to join along, where the user does not say.

import KerchunkBytes
import KerchunkModel

/// Finds what differs among the inputs.
struct DimensionChoice {
    let request: CombineRequest
    let inputs: [InputSummary]

    /// The dimensions, outermost first, and why.
    func choose() throws(KerchunkError) -> (dimensions: [String], decisions: [String]) {
        let named = request.coordinates.map(\.dimension).filter { $0 != CombineRequest.variableDimension }
        let identical = CombineNames(request.identicalDimensions)
        if let both = (request.concatDimensions + named).first(where: identical.contain) {
            throw KerchunkError(
                .usage, "\"\(both)\" is both a dimension to concatenate along and named by --identical-dim")
        }
        if !request.concatDimensions.isEmpty {
            if let unused = named.first(where: { !request.concatDimensions.containsExactly($0) }) {
                throw KerchunkError(
                    .usage,
                    "--coord gives values of \"\(unused)\", which --concat-dim does not name"
                        + NearNames(request.concatDimensions).shortHint(for: unused))
            }
            let joined = request.concatDimensions.filter { !namesVariables($0) }
            if joined.isEmpty {
                return ([], ["variables are merged under the names that \"var\" gives"])
            }
            return (joined, [])
        }
        if !named.isEmpty {
            return (
                named,
                [
                    "concatenating along \(named.joined(separator: ", ")), since --coord says where its values come from"
                ]
            )
        }
        let varying = varyingDimensions()
        if varying.isEmpty {
            if inputs.count == 1 || hasDifferentVariables || inputs.contains(where: { $0.outputName != nil })
            {
                return ([], ["no coordinate differs among the inputs: their variables are merged"])
            }
            throw KerchunkError(
                .unsupported,
                "no dimension differs between inputs in coordinate values or length, so it is not clear what to concatenate along; give --concat-dim, with --coord if the values are not in the files"
            )
        }
        if varying.count > 1, let problem = gaps(varying) {
            let list = varying.map { "\"\($0.name)\" (\($0.reason))" }.joined(separator: ", ")
            throw KerchunkError(
                .unsupported,
                "several dimensions differ among the inputs: \(list); \(problem), so give --concat-dim: \(varying.map(\.name).joined(separator: ",")) if the inputs are parts of one grid (places without input read as missing), or only the dimensions that really differ, with --override coordinates (which uses those of the first input) if the others differ only by rounding"
            )
        }
        return (
            varying.map(\.name),
            varying.map { "joining along \"\($0.name)\": \($0.reason)" }
        )
    }

    /// Whether a dimension is the special one of the names of variables, and not one that inputs have.
    private func namesVariables(_ dimension: String) -> Bool {
        guard dimension == CombineRequest.variableDimension else { return false }
        return inputs.contains { $0.outputName != nil }
            || !inputs.contains { $0.variables.contains { $0.axis(dimension) != nil } }
    }

    private struct Varying {
        let name: String
        let reason: String
        /// What each input has there; nil where it has no coordinate.
        let values: [AxisValues?]
    }

    private var hasDifferentVariables: Bool {
        let first = Set(exactly: inputs[0].variables.lazy.map(\.path))
        return inputs.contains { Set(exactly: $0.variables.lazy.map(\.path)) != first }
    }

    private func varyingDimensions() -> [Varying] {
        var names: [String] = []
        var seen: Set<ExactText> = []
        for input in inputs {
            for variable in input.variables {
                for name in variable.schema.array.dimensionNames ?? [] where seen.insert(name).inserted {
                    names.append(name)
                }
            }
        }
        let identical = Set(exactly: request.identicalDimensions)
        return names.filter { !identical.contains($0) && !countsCharacters($0) }.compactMap(varying)
    }

    /// Whether a dimension lies along the characters of texts only.
    private func countsCharacters(_ name: String) -> Bool {
        inputs.allSatisfy { input in
            input.variables.allSatisfy { variable in
                guard let axis = variable.axis(name) else { return true }
                return axis > 0 && axis == variable.shape.count - 1
                    && variable.schema.array.dataType == .fixedBytes(length: 1)
            }
        }
    }

    /// The dimension, where its coordinate or else its length is not the same everywhere.
    private func varying(_ name: String) -> Varying? {
        var first: (values: AxisValues, input: Int)?
        var difference: Int?
        var values: [AxisValues?] = []
        for (index, input) in inputs.enumerated() {
            // Of several groups' coordinates the first is looked at.
            let own =
                input.variables.first { $0.isIndex && $0.name.isExactly(name) }.flatMap {
                    input.indexes[$0.path]
                } ?? input.outer[name] ?? input.dates(along: name)?.values
            values.append(own)
            guard let own else { continue }
            if let known = first {
                if difference == nil, !known.values.isSame(as: own) { difference = index }
            } else {
                first = (own, index)
            }
        }
        if let first, let difference {
            return Varying(
                name: name,
                reason:
                    "its coordinate differs: \(Self.text(first.values)) in \(inputs[first.input].name), \(Self.text(values[difference])) in \(inputs[difference].name)",
                values: values)
        }
        guard first == nil else { return nil }
        var length: (count: UInt64, input: Int)?
        for (index, input) in inputs.enumerated() {
            for variable in input.variables {
                guard let axis = variable.axis(name), axis < variable.shape.count else { continue }
                if let length, length.count != variable.shape[axis] {
                    return Varying(
                        name: name,
                        reason:
                            "it has no coordinate; its length is \(length.count) in \(inputs[length.input].name), \(variable.shape[axis]) in \(input.name)",
                        values: values)
                }
                length = length ?? (variable.shape[axis], index)
            }
        }
        return nil
    }

    private static func text(_ values: AxisValues?) -> String {
        guard let values, !values.keys.isEmpty else { return "nothing" }
        let last = values.keys.count - 1
        return last == 0 ? values.label(0) : "\(values.label(0)) to \(values.label(last))"
    }

    /// Why several dimensions do not make a full product; nil where they do.
    private func gaps(_ varying: [Varying]) -> String? {
        var combinations: Set<[AxisValues.Canonical?]> = []
        let values = varying.map { $0.values.map { $0?.canonical } }
        for index in inputs.indices { combinations.insert(values.map { $0[index] }) }
        let product = values.reduce(1) { $0 * Set($1).count }
        guard combinations.count != product else { return nil }
        return "the inputs hold \(combinations.count) of \(product) combinations"
    }
}
