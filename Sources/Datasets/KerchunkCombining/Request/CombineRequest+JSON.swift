// SPDX-License-Identifier: Apache-2.0
// What a user asks of a combination, as JSON. Spec: docs/c-abi.md, "Combining".

package import KerchunkBytes
package import KerchunkModel

extension CombineRequest {
    /// - Parameter members: as the options of the command, with `_` for `-`.
    /// - Throws: kind `usage` for an option that there is not, and for a value of the wrong type.
    package init(json members: JSONObject) throws(KerchunkError) {
        self.init()
        let reader = OptionMembers(members)
        try reader.checkNames(
            [
                "concat_dim", "identical_dim", "coord", "coord_dtype", "order", "duplicates", "absent",
                "fill_value", "load_threshold", "load", "subchunk", "override", "kerchunk_rules", "drop",
                "rename",
                "rename_dim", "set_attr", "delete_attr",
            ], of: "a combination")
        concatDimensions = try reader.strings("concat_dim") ?? []
        identicalDimensions = try reader.strings("identical_dim") ?? []
        for (name, value) in try reader.object("coord") ?? [:] {
            coordinates.append(.init(name, try CoordinateSelector(value, of: name)))
        }
        for (name, value) in try reader.object("coord_dtype") ?? [:] {
            setType(try DataType(userName: value.string ?? value.serialized()), ofCoordinate: name)
        }
        order = try reader.choice("order", Order.self) ?? order
        duplicates = try reader.choice("duplicates", Duplicates.self) ?? duplicates
        absences = try reader.choice("absent", Absences.self) ?? absences
        for (name, value) in try reader.object("fill_value") ?? [:] {
            setFillValue(try CoordinateKey(value, of: name), of: name)
        }
        loadThreshold = try reader.integer("load_threshold", in: 0...UInt64.max) ?? loadThreshold
        loaded = try reader.strings("load") ?? []
        subchunks = try reader.flag("subchunk") ?? false
        for name in try reader.strings("override") ?? [] {
            guard let check = Check(rawValue: name) else {
                let known = Check.allCases.map(\.rawValue).joined(separator: ", ")
                throw KerchunkError(.usage, "unknown \"override\" \"\(name)\"; known are \(known)")
            }
            overrides.insert(check)
        }
        semantics = try reader.flag("kerchunk_rules") ?? false ? .kerchunk : .xarray
        if let names = try reader.strings("drop"), !names.isEmpty { preprocessing.append(.drop(names)) }
        for (old, new) in try reader.object("rename") ?? [:] {
            preprocessing.append(.rename(variable: old, to: try Self.name(new)))
        }
        for (old, new) in try reader.object("rename_dim") ?? [:] {
            preprocessing.append(.renameDimension(old, to: try Self.name(new)))
        }
        for (place, value) in try reader.object("set_attr") ?? [:] {
            let (variable, name) = Self.attribute(place)
            postprocessing.append(.setAttribute(variable: variable, name: name, value: value))
        }
        for place in try reader.strings("delete_attr") ?? [] {
            let (variable, name) = Self.attribute(place)
            postprocessing.append(.deleteAttribute(variable: variable, name: name))
        }
    }

    private static func name(_ value: JSONValue) throws(KerchunkError) -> String {
        guard let name = value.string else { throw KerchunkError(.usage, "a new name must be a string") }
        return name
    }

    private static func attribute(_ place: String) -> (variable: String?, name: String) {
        guard let colon = place.firstIndex(of: ":") else { return (nil, place) }
        return (String(place[..<colon]), String(place[place.index(after: colon)...]))
    }
}

extension CoordinateSelector {
    /// A selector as text, a constant, or a list with a value, or values, for each input.
    fileprivate init(_ value: JSONValue, of name: String) throws(KerchunkError) {
        switch value {
        case .string(let text): try self.init(parsing: text)
        case .array(let values):
            var lists: [[CoordinateKey]] = []
            for value in values {
                var keys: [CoordinateKey] = []
                for one in value.array ?? [value] { keys.append(try CoordinateKey(one, of: name)) }
                lists.append(keys)
            }
            self = .list(lists)
        default: self = .constant(try CoordinateKey(value, of: name))
        }
    }
}

extension CoordinateKey {
    fileprivate init(_ value: JSONValue, of name: String) throws(KerchunkError) {
        switch value {
        case .string(let text): self = .text(text)
        case .bool(let flag): self = .integer(flag ? 1 : 0)
        case .number(.integer(let number)): self = .integer(number)
        case .number(let number): self = .real(number.double)
        default: throw KerchunkError(.usage, "a value of \"\(name)\" is neither a number nor a string")
        }
    }
}
