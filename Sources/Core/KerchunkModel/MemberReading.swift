// SPDX-License-Identifier: Apache-2.0
// Options and requests as JSON: each member is known, and of the type that it should be.

package import KerchunkBytes

/// Something that is read from the members of a JSON object.
package protocol MemberReading {
    var members: JSONObject { get }
    /// Members whose values no message may show.
    var secrets: Set<String> { get }
}

/// Members that are options: the JSON of `ScanOptions` and the like.
package struct OptionMembers: MemberReading {
    package let members: JSONObject

    package init(_ members: JSONObject) { self.members = members }
}

extension MemberReading {
    package var secrets: Set<String> { [] }

    /// - Throws: where a member is none of `names`.
    package func checkNames(_ names: [String], of what: String) throws(KerchunkError) {
        for name in members.names where !names.contains(name) {
            throw KerchunkError(
                .usage, "\(what) has no option \"\(name)\"; known options: \(names.joined(separator: ", "))")
        }
    }

    private func wrong(_ name: String, _ expected: String) -> KerchunkError {
        if secrets.contains(name) { return KerchunkError(.usage, "\"\(name)\" must be \(expected)") }
        let text = (members[name] ?? .null).serialized()
        return KerchunkError(.usage, "\"\(name)\" must be \(expected), not \(text.prefix(200))")
    }

    /// The member `name`; nil where it is absent or null.
    package func value(_ name: String) -> JSONValue? {
        guard let value = members[name], !value.isNull else { return Optional.none }
        return value
    }

    package func string(_ name: String) throws(KerchunkError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw wrong(name, "a string") }
        return text
    }

    package func integer(
        _ name: String, in range: ClosedRange<UInt64> = 0...UInt64(Int.max)
    ) throws(KerchunkError) -> UInt64? {
        guard let value = value(name) else { return nil }
        guard let number = value.number?.uint64, range.contains(number) else {
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    package func flag(_ name: String) throws(KerchunkError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.bool else { throw wrong(name, "true or false") }
        return flag
    }

    package func object(_ name: String) throws(KerchunkError) -> JSONObject? {
        guard let value = value(name) else { return nil }
        guard let object = value.object else { throw wrong(name, "an object") }
        return object
    }

    package func array(_ name: String) throws(KerchunkError) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard let array = value.array else { throw wrong(name, "a list") }
        return array
    }

    package func strings(_ name: String) throws(KerchunkError) -> [String]? {
        guard let array = try array(name) else { return nil }
        let texts = array.compactMap(\.string)
        guard texts.count == array.count else { throw wrong(name, "a list of strings") }
        return texts
    }

    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _: Choice.Type
    ) throws(KerchunkError) -> Choice? where Choice.RawValue == String {
        guard let text = try string(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw wrong(
                name, "one of \(Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
        }
        return choice
    }

    package func required<Value>(_ value: Value?, _ name: String) throws(KerchunkError) -> Value {
        guard let value else { throw KerchunkError(.usage, "the request lacks \"\(name)\"") }
        return value
    }
}
