// SPDX-License-Identifier: Apache-2.0
// What selectors give for one input.

import KerchunkBytes
import KerchunkModel
import KerchunkReading
import KerchunkReferences

/// Evaluates selectors on a dataset.
struct CoordinateSelection {
    let request: CombineRequest
    let reader: ArrayReader
    let dataset: VirtualDataset
    let name: String
    let index: Int
    let variables: [VariableSummary]
    /// Variables from outside the dataset, by the paths that selectors name.
    let outer: [ExactText: VirtualArray]

    func values(_ selector: CoordinateSelector, for dimension: String) throws(KerchunkError) -> AxisValues {
        switch selector {
        case .data(let variable): return try values(of: array(variable))
        case .time(let variable):
            let values = try values(of: array(variable))
            guard let time = values.time else {
                throw KerchunkError(
                    .unsupported,
                    "the variable \"\(variable)\" has no time units, such as \"days since 2000-01-01\"")
            }
            guard time.time != nil else {
                throw KerchunkError(
                    .unsupported,
                    "the units \"\(time.units)\" in the calendar \"\(time.calendar ?? "standard")\" of \"\(variable)\" are not understood"
                )
            }
            return values
        case .attribute(let attribute):
            return try values(dataset.root.attributes[attribute], "the attribute \"\(attribute)\"")
        case .variableAttribute(let variable, let attribute):
            return try values(
                try array(variable).attributes[attribute], "the attribute \"\(attribute)\" of \"\(variable)\""
            )
        case .index: return Self.values([.integer(Int64(index))])
        case .variableName: return Self.values([.text(try onlyVariable())])
        case .pattern(let pattern):
            return Self.values([.text(try FileNamePattern(pattern).found(in: name))])
        case .datePattern(let pattern, let form):
            return try dates([try FileNamePattern(pattern).found(in: name)], DateForm(form: form))
        case .dateVariable(let variable, let form):
            let texts = try values(of: array(variable)).keys
            return try dates(texts.map { Self.trimmed($0.plainText) }, DateForm(form: form))
        case .constant(let key): return Self.values([key])
        case .list(let list):
            guard index < list.count else {
                throw KerchunkError(
                    .usage,
                    "the list for \"\(dimension)\" has \(counted(list.count, "value")), but this is input \(index + 1)"
                )
            }
            return Self.values(list[index])
        case .function(let function):
            do {
                return try function(
                    SelectedInput(index: index, name: name, dimension: dimension, dataset: dataset))
            } catch {
                throw KerchunkError(wrapping: error)
            }
        }
    }

    private static func values(_ keys: [CoordinateKey]) -> AxisValues {
        AxisValues(keys: keys, type: ElementCoding.type(for: keys))
    }

    private func values(_ json: JSONValue?, _ what: String) throws(KerchunkError) -> AxisValues {
        guard let json else { throw KerchunkError(.notFound, "\(what) does not exist") }
        if let key = CoordinateKey(json: json) { return Self.values([key]) }
        let keys = json.array?.compactMap { CoordinateKey(json: $0) } ?? []
        guard !keys.isEmpty, keys.count == json.array?.count else {
            throw KerchunkError(
                .unsupported, "\(what) is neither a number nor a string: \(json.serialized())")
        }
        return Self.values(keys)
    }

    private func array(_ path: String) throws(KerchunkError) -> VirtualArray {
        guard let array = outer[path] ?? dataset.root.array(at: path) else {
            let hint = NearNames(variables.map(\.path)).hint(for: path)
            throw KerchunkError(.notFound, "there is no variable \"\(path)\"\(hint)")
        }
        return array
    }

    /// The values of a variable, flattened.
    func values(of array: VirtualArray) throws(KerchunkError) -> AxisValues {
        try AxisValues(
            try reader.elements(of: array, in: dataset.sources), of: array, isCoordinate: false)
    }

    /// The one variable that is neither a coordinate nor joined or identical.
    private func onlyVariable() throws(KerchunkError) -> String {
        let identical = CombineNames(request.identicalDimensions)
        let dimensions = Set(variables.flatMap { $0.schema.array.dimensionNames ?? [] })
        let names = variables.map(\.path).filter {
            !dimensions.containsExactly($0) && !identical.contain($0)
                && !request.concatDimensions.containsExactly($0)
        }
        guard names.count == 1, let name = names.first else {
            throw KerchunkError(
                .unsupported,
                "the input has \(counted(names.count, "variable")) (\(names.prefix(10).joined(separator: ", "))), but \"varname\" needs exactly one; drop the others first"
            )
        }
        return name
    }

    private static func trimmed(_ text: String) -> String {
        String(text[..<(text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? text.startIndex)])
    }

    private func dates(_ texts: [String], _ form: DateForm) throws(KerchunkError) -> AxisValues {
        let units = TimeUnits(
            units: (form.hasTime ? "seconds" : "days") + " since 1970-01-01", calendar: "proleptic_gregorian")
        var keys: [CoordinateKey] = []
        for text in texts {
            let date = try form.date(text)
            guard let moment = CFTime(units: "days since \(date)", calendar: units.calendar),
                let instant = moment.instant(.whole(0)), let value = units.time?.value(ofInstant: instant),
                case .whole(let whole) = value
            else { throw KerchunkError(.input, "\"\(text)\" is not a date of the form \"\(form.form)\"") }
            keys.append(.integer(whole))
        }
        return AxisValues(keys: keys, type: .integer(isSigned: true, width: 8, .little), time: units)
    }
}
