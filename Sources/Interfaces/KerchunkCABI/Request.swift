// SPDX-License-Identifier: Apache-2.0
// What a caller asks, and what it is answered.

import Kerchunk

/// A request while it is read: each of its members must be known.
// A class because nested readers tell it which objects they used.
struct Request: Sendable {
    let members: JSONObject
    let objects: [any NumberedObject]
    let callbacks: Callbacks
    let context: CallContext

    var cancellation: Cancellation { context.cancellation }

    /// The same with other members: those of the object `name`; none where it is absent.
    func part(_ name: String) throws(KerchunkError) -> Request {
        Request(
            members: try object(name) ?? [:], objects: objects, callbacks: callbacks, context: context)
    }

    func part(_ members: JSONObject) -> Request {
        Request(members: members, objects: objects, callbacks: callbacks, context: context)
    }

    /// - Throws: where a member is none of `names`.
    func checkNames(_ names: [String], of what: String) throws(KerchunkError) {
        for name in members.names where !names.contains(name) {
            throw KerchunkError(
                .usage, "\(what) has no option \"\(name)\"; known options: \(names.joined(separator: ", "))")
        }
    }

    private func wrong(_ name: String, _ expected: String) -> KerchunkError {
        // Options of stores may be passwords.
        let isSecret = ["storage", "remote_storage", "output_storage", "options", "headers"].contains(name)
        if isSecret { return KerchunkError(.usage, "\"\(name)\" is \(expected)") }
        let text = (members[name] ?? .null).serialized()
        return KerchunkError(.usage, "\"\(name)\" is \(expected), not \(text.prefix(200))")
    }

    /// The member `name`; nil where it is absent or null.
    func value(_ name: String) -> JSONValue? {
        guard let value = members[name], !value.isNull else { return Optional.none }
        return value
    }

    func string(_ name: String) throws(KerchunkError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw wrong(name, "a text") }
        return text
    }

    func integer(_ name: String, in range: ClosedRange<UInt64> = 0...UInt64(Int.max)) throws(KerchunkError)
        -> UInt64?
    {
        guard let value = value(name) else { return nil }
        guard let number = value.number?.uint64, range.contains(number) else {
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func flag(_ name: String) throws(KerchunkError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.bool else { throw wrong(name, "true or false") }
        return flag
    }

    func object(_ name: String) throws(KerchunkError) -> JSONObject? {
        guard let value = value(name) else { return nil }
        guard let object = value.object else { throw wrong(name, "an object") }
        return object
    }

    func array(_ name: String) throws(KerchunkError) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard let array = value.array else { throw wrong(name, "a list") }
        return array
    }

    func strings(_ name: String) throws(KerchunkError) -> [String]? {
        guard let array = try array(name) else { return nil }
        let texts = array.compactMap(\.string)
        guard texts.count == array.count else { throw wrong(name, "a list of texts") }
        return texts
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _: Choice.Type
    ) throws(KerchunkError) -> Choice? where Choice.RawValue == String {
        guard let text = try string(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw wrong(
                name, "one of \(Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
        }
        return choice
    }

    func required<Value>(_ value: Value?, _ name: String) throws(KerchunkError) -> Value {
        guard let value else { throw KerchunkError(.usage, "the request lacks \"\(name)\"") }
        return value
    }

    /// The object whose place among those of the call the member `name` is.
    func handle<Object: NumberedObject>(_ name: String, _: Object.Type) throws(KerchunkError) -> Object {
        let place = try required(try integer(name), name)
        guard place < UInt64(objects.count), let object = objects[Int(place)] as? Object else {
            throw KerchunkError(.usage, "\"\(name)\" is no object of the kind that is needed")
        }
        return object
    }

    func dataset(_ name: String = "dataset") throws(KerchunkError) -> DatasetObject {
        try handle(name, DatasetObject.self)
    }
}

/// The answer to a request.
struct Reply: Sendable {
    var document: JSONObject = [:]
    var objects: [any NumberedObject] = []
}
