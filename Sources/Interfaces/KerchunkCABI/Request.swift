// SPDX-License-Identifier: Apache-2.0
// What a caller asks, and what it is answered.

import Kerchunk

/// A request while it is read: each of its members must be known.
struct Request: MemberReading, Sendable {
    let members: JSONObject
    let objects: [any NumberedObject]
    let callbacks: Callbacks
    let context: CallContext

    var cancellation: Cancellation { context.cancellation }

    /// Options of stores may be passwords.
    var secrets: Set<String> { ["storage", "remote_storage", "output_storage", "options", "headers"] }

    /// The same with other members: those of the object `name`; none where it is absent.
    func part(_ name: String) throws(KerchunkError) -> Request {
        Request(
            members: try object(name) ?? [:], objects: objects, callbacks: callbacks, context: context)
    }

    func part(_ members: JSONObject) -> Request {
        Request(members: members, objects: objects, callbacks: callbacks, context: context)
    }

    /// The object whose place among those of the call the member `name` is.
    func handle<Object: NumberedObject>(_ name: String, _: Object.Type) throws(KerchunkError) -> Object {
        let place = try required(try integer(name), name)
        guard place < UInt64(objects.count), let object = objects[Int(place)] as? Object else {
            throw KerchunkError(.usage, "\"\(name)\" is not an object of the required kind")
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
