// SPDX-License-Identifier: Apache-2.0
// Elements as they lie in a file, told as JSON: for attributes, and for what Zarr's types cannot hold.

import KerchunkBytes
import KerchunkModel

/// What variable-length values and references point to, fetched before elements are read.
struct PointedValues: Sendable {
    /// Contents of the global heap.
    var heap: [GlobalHeapID: Bytes] = [:]
    /// A path for each object of the file, by the address of its header.
    var paths: [UInt64: String] = [:]
}

/// A variable-length value's place. Spec: HDF5 File Format Specification 3.0, VIII "Variable-length data".
struct HeapReference: Hashable, Sendable {
    /// Elements, or bytes of a string.
    let count: Int
    /// Nil for an empty value.
    let id: GlobalHeapID?
}

extension ByteCursor {
    mutating func heapReference(_ sizes: FieldSizes) throws(ParseError) -> HeapReference {
        let count = try uint32()
        let address = try address(sizes)
        let index = try uint32()
        guard count > 0, let address, address != 0, let count = Int(exactly: count) else {
            return HeapReference(count: 0, id: nil)
        }
        return HeapReference(count: count, id: GlobalHeapID(collection: address, index: index))
    }
}

/// Reads elements of one file.
struct StoredValueReader: Sendable {
    let sizes: FieldSizes
    var pointed: PointedValues

    /// Something JSON has no form for, seen while reading.
    enum Reduction: Hashable, Sendable {
        case notUTF8
        /// Shown as text: complex, compound, reference, opaque.
        case asText(String)
    }

    /// The ids of all heap objects that `count` elements of `type` in `bytes` name directly.
    func heapIDs(in bytes: Bytes, of type: Datatype, count: Int) -> Set<GlobalHeapID> {
        var ids: Set<GlobalHeapID> = []
        guard type.pointsToHeap else { return ids }
        for index in 0..<count {
            let start = index * type.size
            guard start + type.size <= bytes.count else { break }
            try? collect(bytes[start..<start + type.size], type, into: &ids)
        }
        return ids
    }

    private func collect(_ bytes: Bytes, _ type: Datatype, into ids: inout Set<GlobalHeapID>)
        throws(ParseError)
    {
        switch type {
        case .variableLengthString:
            if let id = try heapReference(bytes).id { ids.insert(id) }
        case .variableLengthSequence(_, let base):
            let reference = try heapReference(bytes)
            guard let id = reference.id else { return }
            ids.insert(id)
            // Once the sequence itself is here, so are the ids inside it.
            if base.pointsToHeap, let content = pointed.heap[id] {
                ids.formUnion(
                    heapIDs(
                        in: content, of: base, count: min(reference.count, content.count / max(1, base.size)))
                )
            }
        case .reference(_, .region):
            if let id = try regionID(bytes) { ids.insert(id) }
        case .array(let dimensions, let base, _):
            ids.formUnion(heapIDs(in: bytes, of: base, count: Int(checkedProduct(dimensions) ?? 0)))
        case .compound(_, let members):
            for member in members where member.type.pointsToHeap {
                try collect(try part(bytes, member.offset, member.type.size), member.type, into: &ids)
            }
        default: break
        }
    }

    func heapReference(_ bytes: Bytes) throws(ParseError) -> HeapReference {
        try bytes.parse(at: 0, in: "variable-length value") { cursor throws(ParseError) in
            try cursor.heapReference(sizes)
        }
    }

    private func regionID(_ bytes: Bytes) throws(ParseError) -> GlobalHeapID? {
        try bytes.parse(at: 0, in: "region reference") { cursor throws(ParseError) in
            guard let address = try cursor.address(sizes), address != 0 else { return nil }
            return GlobalHeapID(collection: address, index: try cursor.uint32())
        }
    }

    private func part(_ bytes: Bytes, _ offset: Int, _ size: Int) throws(ParseError) -> Bytes {
        guard offset >= 0, size >= 0, offset <= bytes.count, size <= bytes.count - offset else {
            throw ParseError("a member extends beyond its element", in: "compound", at: 0)
        }
        return bytes[offset..<offset + size]
    }

    // MARK: JSON

    /// One element of `type`, whose bytes are `bytes`.
    func json(_ bytes: Bytes, _ type: Datatype, _ reductions: inout Set<Reduction>) throws(ParseError)
        -> JSONValue
    {
        guard bytes.count >= type.size else {
            throw ParseError("\(bytes.count) bytes for an element of \(type.size) bytes", in: "value", at: 0)
        }
        switch type {
        case .fixedPoint, .bitField, .time: return try integer(bytes, type)
        case .floatingPoint(let layout): return .real(layout.double(bytes).value)
        case .string(_, let padding, _): return text(unpadded(bytes, padding), &reductions)
        case .enumeration(let base, _):
            if type.isBoolean { return .bool(bytes[0] != 0) }
            return try json(bytes, base, &reductions)
        case .variableLengthString(_, let padding, _):
            return text(unpadded(try content(bytes, elementSize: 1), padding), &reductions)
        case .variableLengthSequence(_, let base):
            let reference = try heapReference(bytes)
            let content = try content(bytes, elementSize: base.size)
            return .array(try elements(content, base, reference.count, &reductions))
        case .array(let dimensions, let base, _):
            let count = Int(checkedProduct(dimensions) ?? 0)
            return nested(try elements(bytes, base, count, &reductions), shape: dimensions[...])
        case .reference(_, let kind):
            reductions.insert(.asText("reference"))
            return .string(path(bytes, kind))
        case .compound(_, let members):
            if let parts = type.complexParts {
                reductions.insert(.asText("complex number"))
                return .string(complexText(bytes, parts))
            }
            reductions.insert(.asText("compound"))
            var object = JSONObject()
            for member in members {
                object[member.name] = try json(
                    try part(bytes, member.offset, member.type.size), member.type, &reductions)
            }
            return .object(object)
        case .complex(_, let base):
            reductions.insert(.asText("complex number"))
            return .string(complexText(bytes, (base, 0, base.size)))
        case .opaque:
            reductions.insert(.asText("opaque value"))
            return .string(base64(bytes))
        }
    }

    /// `count` elements side by side.
    func elements(
        _ bytes: Bytes, _ type: Datatype, _ count: Int, _ reductions: inout Set<Reduction>
    ) throws(ParseError) -> [JSONValue] {
        let size = type.size
        guard let total = count.multiplied(by: size), total <= bytes.count else {
            throw ParseError("\(count) elements of \(size) bytes in \(bytes.count)", in: "value", at: 0)
        }
        var values: [JSONValue] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            values.append(try json(bytes[index * size..<(index + 1) * size], type, &reductions))
        }
        return values
    }

    /// The bytes that a variable-length element points to.
    func content(_ bytes: Bytes, elementSize: Int) throws(ParseError) -> Bytes {
        let reference = try heapReference(bytes)
        guard let id = reference.id else { return Bytes() }
        guard let object = pointed.heap[id] else {
            throw ParseError(
                "object \(id.index) is not in the collection", in: "global heap", at: id.collection)
        }
        guard let size = reference.count.multiplied(by: elementSize), size <= object.count else {
            throw ParseError(
                "a value of \(reference.count) elements in an object of \(object.count) bytes",
                in: "global heap",
                at: id.collection)
        }
        return object[0..<size]
    }

    /// A path of the object that a reference names; "" for a null or dangling one.
    func path(_ bytes: Bytes, _ kind: Datatype.ReferenceKind) -> String {
        let address: Address? =
            switch kind {
            case .object:
                try? bytes.parse(at: 0, in: "object reference") { cursor throws(ParseError) in
                    try cursor.address(sizes)
                }
            case .region:
                // The heap object holds the address of the dataset, then the selection.
                (try? regionID(bytes)).flatMap { $0 }.flatMap { pointed.heap[$0] }.flatMap { object in
                    try? object.parse(at: 0, in: "region reference") { cursor throws(ParseError) in
                        try cursor.address(sizes)
                    }
                }
            case .general: nil
            }
        return address.flatMap { $0 }.flatMap { pointed.paths[$0] } ?? ""
    }

    private func integer(_ bytes: Bytes, _ type: Datatype) throws(ParseError) -> JSONValue {
        guard let layout = type.integerLayout, layout.size <= 8 else {
            throw ParseError("an integer of \(type.size) bytes", in: "value", at: 0)
        }
        let bits = layout.bits(bytes)
        return layout.isSigned ? .integer(Int64(bitPattern: bits)) : .integer(bits)
    }

    private func text(_ bytes: Bytes, _ reductions: inout Set<Reduction>) -> JSONValue {
        let (text, isUTF8) = decodeText(bytes.array)
        if !isUTF8 { reductions.insert(.notUTF8) }
        return .string(text)
    }

    private func complexText(_ bytes: Bytes, _ parts: (base: Datatype, real: Int, imaginary: Int)) -> String {
        guard case .floatingPoint(let layout) = parts.base else { return "" }
        let real = layout.double(bytes[parts.real..<parts.real + layout.size]).value
        let imaginary = layout.double(bytes[parts.imaginary..<parts.imaginary + layout.size]).value
        return "(\(real)\(imaginary.sign == .minus ? "" : "+")\(imaginary)j)"
    }
}

/// The text of a fixed-length string, without its padding.
func unpadded(_ bytes: Bytes, _ padding: Datatype.StringPadding) -> Bytes {
    let end: Int
    switch padding {
    case .nullTerminated: end = bytes.array.firstIndex(of: 0) ?? bytes.count
    case .nullPadded: end = (bytes.array.lastIndex { $0 != 0 } ?? -1) + 1
    case .spacePadded: end = (bytes.array.lastIndex { $0 != 0x20 } ?? -1) + 1
    }
    return bytes[0..<end]
}

/// `values` (C order) as lists inside lists.
func nested(_ values: [JSONValue], shape: ArraySlice<UInt64>) -> JSONValue {
    guard let first = shape.first, shape.count > 1 else { return .array(values) }
    let stride = first == 0 ? 0 : values.count / Int(first)
    return .array(
        (0..<Int(first)).map {
            nested(Array(values[$0 * stride..<($0 + 1) * stride]), shape: shape.dropFirst())
        })
}
