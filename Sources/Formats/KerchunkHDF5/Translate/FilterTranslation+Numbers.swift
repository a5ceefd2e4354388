// SPDX-License-Identifier: Apache-2.0
// Client data of filters that know the bits of numbers, as settings of codecs.
// Spec: HDF5's H5Znbit.c and H5Zscaleoffset.c, which the file format specification does not repeat.

import KerchunkBytes
import KerchunkModel

extension FilterParameters {
    /// Number of parameters, whether nothing was packed, number of elements, then the type.
    /// - Returns: nil where nothing was packed.
    func nbit() throws(KerchunkError) -> JSONObject? {
        guard try required(1) == 0 else { return nil }
        var index = 3
        return ["elements": number(2, else: 0), "type": .object(try nbitType(at: &index, depth: 0))]
    }

    private func nbitType(at index: inout Int, depth: Int) throws(KerchunkError) -> JSONObject {
        guard depth < 32 else { throw malformed("types are nested \(depth) deep") }
        func next() throws(KerchunkError) -> Int {
            defer { index += 1 }
            return try required(index)
        }
        let type = try next()
        var settings: JSONObject = [:]
        let size = JSONValue.number(JSONNumber(try next()))
        switch type {
        case 1:
            settings["class"] = "number"
            settings["size"] = size
            settings["byteorder"] = try byteOrder(try next())
            settings["precision"] = .number(JSONNumber(try next()))
            settings["offset"] = .number(JSONNumber(try next()))
        case 2:
            settings["class"] = "array"
            settings["size"] = size
            settings["of"] = .object(try nbitType(at: &index, depth: depth + 1))
        case 3:
            settings["class"] = "compound"
            settings["size"] = size
            let count = try next()
            // Each member takes at least three parameters.
            guard count <= self.count / 3 else {
                throw malformed("\(counted(count, "member")) do not fit into \(self.count)")
            }
            var members: [JSONValue] = []
            for _ in 0..<count {
                let offset = try next()
                var member: JSONObject = ["at": .number(JSONNumber(offset))]
                for (name, value) in try nbitType(at: &index, depth: depth + 1) { member[name] = value }
                members.append(.object(member))
            }
            settings["members"] = .array(members)
        case 4:
            settings["class"] = "opaque"
            settings["size"] = size
        default: throw malformed("unknown type class number \(type)")
        }
        return settings
    }

    private func byteOrder(_ number: Int) throws(KerchunkError) -> JSONValue {
        switch number {
        case 0: return "little"
        case 1: return "big"
        default: throw malformed("unknown byte order number \(number)")
        }
    }

    /// Kind of scale, factor, number of elements, class, size, sign, byte order, whether a fill value is there, its
    /// bytes in four-byte words.
    /// - Returns: nil where nothing was packed.
    func scaleOffset() throws(KerchunkError) -> JSONObject? {
        let scale = try required(0)
        let factor = try Int(Int32(truncatingIfNeeded: required(1)))
        let size = try required(4)
        let isFloat: Bool
        switch (try required(3), scale) {
        case (0, _): isFloat = false
        case (1, 0): isFloat = true
        case (1, _):
            throw KerchunkError(.unsupported, "HDF5 filter 6 (scale-offset) with exponents is not supported")
        case (let other, _): throw malformed("unknown number class \(other)")
        }
        // As many bits as the element has: the writer leaves it as it is.
        if !isFloat, factor == size * 8 { return nil }
        var settings: JSONObject = [
            "kind": isFloat ? "float" : "integer", "size": .number(JSONNumber(size)),
            "byteorder": try byteOrder(try required(6)), "elements": .number(JSONNumber(try required(2))),
        ]
        if isFloat { settings["decimals"] = .number(JSONNumber(factor)) }
        if try required(7) != 0 {
            let low = UInt64(try required(8))
            let high = size > 4 ? UInt64(try required(9)) : 0
            let bits = (high << 32 | low) & (UInt64.max >> UInt64(64 - 8 * min(8, max(1, size))))
            settings["fill_bits"] = .string("0x" + String(bits, radix: 16))
        }
        return settings
    }
}
