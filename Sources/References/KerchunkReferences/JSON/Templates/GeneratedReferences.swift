// SPDX-License-Identifier: Apache-2.0
// The member "gen" of a reference set: references by rule.
// Spec: kerchunk, "References specification", version 1; order and arithmetic as fsspec's `_process_gen`.

import KerchunkBytes
import KerchunkModel

/// One rule: templates over the product of dimensions.
struct GeneratedReferences {
    private let key: Template
    private let url: Template
    /// Offset and length; nil for whole files.
    private let range: (offset: Template, length: Template)?
    private let dimensions: [(name: String, values: Values)]
    /// References that the rule makes.
    let count: UInt64

    /// What a name goes through.
    private enum Values {
        case list([TemplateValue])
        case progression(start: Int, step: Int, count: UInt64)

        var count: UInt64 {
            switch self {
            case .list(let list): UInt64(list.count)
            case .progression(_, _, let count): count
            }
        }

        subscript(index: UInt64) -> TemplateValue {
            switch self {
            case .list(let list): list[Int(index)]
            // Lies between start and stop, so it fits.
            case .progression(let start, let step, _): .integer(start &+ step &* Int(index))
            }
        }
    }

    /// The rules of `json`.
    /// - Parameter limit: references that they may make in all.
    static func rules(_ json: JSONValue, limit: UInt64) throws(KerchunkError) -> [GeneratedReferences] {
        if json.isNull { return [] }
        guard let list = json.array else { throw malformed("it is not a list") }
        var rules: [GeneratedReferences] = []
        var total: UInt64 = 0
        for item in list {
            guard let members = item.object else { throw malformed("a rule is not an object") }
            let rule = try GeneratedReferences(members)
            total = total.adding(rule.count) ?? .max
            guard total <= limit else {
                throw KerchunkError(
                    .limit,
                    "the \"gen\" of the reference set makes \(counted(total, "reference")), more than \(limit)"
                )
            }
            rules.append(rule)
        }
        return rules
    }

    private init(_ members: JSONObject) throws(KerchunkError) {
        func template(_ name: String) throws(KerchunkError) -> Template? {
            guard let value = members[name] else { return nil }
            if let text = value.string { return try Template(text) }
            if let number = value.number?.uint64 { return try Template(number.description) }
            throw Self.malformed("its \"\(name)\" is not a string")
        }
        guard let key = try template("key"), let url = try template("url") else {
            throw Self.malformed("a rule needs \"key\" and \"url\"")
        }
        self.key = key
        self.url = url
        switch (try template("offset"), try template("length")) {
        case (nil, nil): range = nil
        case (let offset?, let length?): range = (offset, length)
        default: throw Self.malformed("a rule must have both \"offset\" and \"length\", or neither")
        }
        guard let named = members["dimensions"]?.object else {
            throw Self.malformed("a rule needs \"dimensions\"")
        }
        var dimensions: [(name: String, values: Values)] = []
        var count: UInt64 = 1
        for (name, json) in named {
            let values = try Self.values(json)
            dimensions.append((name, values))
            count = count.multiplied(by: values.count) ?? .max
        }
        self.dimensions = dimensions
        self.count = count
    }

    private static func values(_ json: JSONValue) throws(KerchunkError) -> Values {
        if let list = json.array {
            var values: [TemplateValue] = []
            for item in list {
                guard let value = TemplateValue(item) else {
                    throw malformed("\"\(item.serialized())\" is not a value of a dimension")
                }
                values.append(value)
            }
            return .list(values)
        }
        guard let members = json.object else { throw malformed("a dimension is neither a list nor a range") }
        func number(_ name: String, else standard: Int?) throws(KerchunkError) -> Int {
            guard let value = members[name] else {
                if let standard { return standard }
                throw malformed("a range of a dimension needs \"\(name)\"")
            }
            guard case .number(.integer(let number)) = value else {
                throw malformed("the \"\(name)\" of a dimension is not an integer")
            }
            return Int(number)
        }
        let (start, stop) = (try number("start", else: 0), try number("stop", else: nil))
        let step = try number("step", else: 1)
        guard step != 0 else { throw malformed("the \"step\" of a dimension is 0") }
        let (from, to) = step > 0 ? (start, stop) : (stop, start)
        guard from < to else { return .progression(start: start, step: step, count: 0) }
        // The distance of two numbers of 64 bits fits into 64 bits without a sign.
        let distance = UInt64(bitPattern: Int64(to &- from))
        return .progression(
            start: start, step: step, count: distance.dividedRoundingUp(by: UInt64(step.magnitude)))
    }

    private static func malformed(_ problem: String) -> KerchunkError {
        KerchunkError(.malformed, "the \"gen\" of the reference set is invalid: \(problem)")
    }

    /// Calls `body` for each reference, the last dimension fastest.
    func forEach(
        _ templates: ReferenceTemplates,
        _ body: (_ key: String, _ url: String, _ range: (offset: UInt64, length: UInt64)?) throws -> Void
    ) throws {
        for (name, _) in dimensions where templates.contains(name) {
            throw Self.malformed("\"\(name)\" is both a dimension and a template")
        }
        var names: [ExactText: TemplateValue] = [:]
        for number in 0..<count {
            var rest = number
            for (name, values) in dimensions.reversed() {
                let (quotient, index) = rest.quotientAndRemainder(dividingBy: values.count)
                rest = quotient
                names[name] = values[index]
            }
            var found: (offset: UInt64, length: UInt64)?
            if let range {
                found = (
                    try Self.whole(range.offset.rendered(names, templates)),
                    try Self.whole(range.length.rendered(names, templates))
                )
            }
            try body(try key.rendered(names, templates), try url.rendered(names, templates), found)
        }
    }

    /// A number as Python's `int` reads it.
    private static func whole(_ text: String) throws(KerchunkError) -> UInt64 {
        let digits = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        guard let value = UInt64(String(digits)) else {
            throw malformed("\"\(text.prefix(100))\" is not an integer of zero or more")
        }
        return value
    }
}
