// SPDX-License-Identifier: Apache-2.0
// Changes as JSON, so that plans can carry them.

public import KerchunkBytes
public import KerchunkModel

extension DatasetEdit {
    /// - Throws: for functions, which cannot be written down.
    public func json() throws(KerchunkError) -> JSONValue {
        switch self {
        case .drop(let names): ["drop": .strings(names)]
        case .rename(let old, let new): ["rename": .string(old), "to": .string(new)]
        case .renameDimension(let old, let new): ["rename_dimension": .string(old), "to": .string(new)]
        case .setAttribute(let variable, let name, let value):
            [
                "set_attribute": .string(name), "of": variable.map { .string($0) } ?? .null, "value": value,
            ]
        case .deleteAttribute(let variable, let name):
            ["delete_attribute": .string(name), "of": variable.map { .string($0) } ?? .null]
        case .function: throw KerchunkError(.usage, "a function cannot be part of a saved plan")
        }
    }

    public init(json: JSONValue) throws(KerchunkError) {
        let members = json.object ?? [:]
        let other = members["to"]?.string
        if let names = members["drop"]?.array {
            self = .drop(names.compactMap(\.string))
        } else if let old = members["rename"]?.string, let other {
            self = .rename(variable: old, to: other)
        } else if let old = members["rename_dimension"]?.string, let other {
            self = .renameDimension(old, to: other)
        } else if let name = members["set_attribute"]?.string {
            self = .setAttribute(
                variable: members["of"]?.string, name: name, value: members["value"] ?? .null)
        } else if let name = members["delete_attribute"]?.string {
            self = .deleteAttribute(variable: members["of"]?.string, name: name)
        } else {
            throw KerchunkError(
                .malformed, "the plan has an unknown change: \(json.serialized())")
        }
    }
}
