// SPDX-License-Identifier: Apache-2.0
// Fields as lines of JSON, for oracles.

import KerchunkBytes
package import KerchunkStorage

package enum FieldReport {
    package static func count(_ source: any ByteSource) throws -> Int {
        try FieldListing(source).fields.count
    }

    /// A line for each field, then one for each issue.
    package static func lines(_ source: any ByteSource) throws -> [String] {
        let listing = try FieldListing(source)
        return listing.fields.map { line($0, listing) }
            + listing.issues.map { object([("issue", text($0.description))]) }
            + [object([("passed", "\(listing.passedBytes)")])]
    }

    private static func object(_ members: [(String, String?)]) -> String {
        "{" + members.compactMap { name, value in value.map { "\"\(name)\": \($0)" } }.joined(separator: ", ")
            + "}"
    }

    private static func text(_ value: String) -> String {
        var escaped = "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { escaped += "\\" }
            escaped.unicodeScalars.append(scalar.value < 32 ? " " : scalar)
        }
        return escaped + "\""
    }

    private static func line(_ field: Field, _ listing: FieldListing) -> String {
        let names = field.names
        let attributes = GRIBAttributes()
        let grid = field.gridIndex.map { listing.grids[$0] }
        return object([
            ("offset", "\(field.offset)"), ("field", "\(field.index)"), ("edition", "\(field.edition)"),
            ("shortName", text(names.shortName)), ("paramId", "\(names.paramId)"), ("name", text(names.name)),
            ("units", text(names.units)), ("cfName", text(names.cfName)),
            ("cfVarName", text(names.cfVarName)),
            ("typeOfLevel", names.typeOfLevel.map(text)), ("stepType", names.stepType.map(text)),
            ("time", field.times.time.map { "\($0)" }), ("step", field.times.step.map { "\($0)" }),
            ("start", field.times.start.map { "\($0)" }),
            ("validTime", field.times.validTime.map { "\($0)" }),
            ("level", field.level.map { "\($0.value)" }), ("top", field.level.map { "\($0.top)" }),
            ("number", field.number.map { "\($0)" }), ("totalNumber", field.totalNumber.map { "\($0)" }),
            ("variable", text(field.variableName)),
            (
                "qualifiers",
                object(field.qualifiers.map { ($0.kind.rawValue, JSONValue.real($0.value).serialized()) })
            ),
            (
                "coordinates",
                object(
                    field.coordinates.map { coordinate in
                        switch coordinate.value {
                        case .integer(let value): (coordinate.name, "\(value)")
                        case .real(let value): (coordinate.name, JSONValue.real(value).serialized())
                        }
                    })
            ),
            ("attributes", JSONValue.object(attributes.variable(field, grid)).serialized()),
            ("root", JSONValue.object(attributes.root(field)).serialized()),
        ])
    }
}
