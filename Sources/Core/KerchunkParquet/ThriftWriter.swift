// SPDX-License-Identifier: Apache-2.0
// Writes Thrift's compact protocol. Spec: Apache Thrift, "Thrift Compact protocol encoding".

/// Appends values of the compact protocol to bytes.
struct ThriftWriter {
    private(set) var bytes: [UInt8] = []
    private var lastID = 0

    mutating func unsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    private mutating func field(_ id: Int, _ kind: ThriftCompact.Kind) {
        // Our structures number their fields closely; the long form is never needed.
        precondition((1...15).contains(id - lastID))
        bytes.append(UInt8(id - lastID) << 4 | kind.rawValue)
        lastID = id
    }

    mutating func int32(_ id: Int, _ value: Int) {
        field(id, .int32)
        signed(Int64(value))
    }

    mutating func int64(_ id: Int, _ value: Int) {
        field(id, .int64)
        signed(Int64(value))
    }

    mutating func bool(_ id: Int, _ value: Bool) { field(id, value ? .yes : .no) }

    mutating func text(_ id: Int, _ value: String) {
        field(id, .binary)
        binary(value)
    }

    mutating func binary(_ value: String) {
        unsigned(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    mutating func structure(_ id: Int, _ write: (inout ThriftWriter) -> Void) {
        field(id, .structure)
        element(write)
    }

    /// A list; `write` appends each element by itself.
    mutating func list<Element>(
        _ id: Int, of kind: ThriftCompact.Kind, _ elements: [Element],
        _ write: (inout ThriftWriter, Element) -> Void
    ) {
        field(id, .list)
        if elements.count < 15 {
            bytes.append(UInt8(elements.count) << 4 | kind.rawValue)
        } else {
            bytes.append(0xF0 | kind.rawValue)
            unsigned(UInt64(elements.count))
        }
        for element in elements { write(&self, element) }
    }

    /// A structure without a field number: the outermost one, or an element of a list.
    mutating func element(_ write: (inout ThriftWriter) -> Void) {
        let outer = lastID
        lastID = 0
        write(&self)
        bytes.append(0)
        lastID = outer
    }
}
