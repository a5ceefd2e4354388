// SPDX-License-Identifier: Apache-2.0
// The codec `swift_kerchunk.nbit`: what HDF5's filter 5 writes, numbers without the bits that their type does not use.
// Spec: HDF5's filter 5 (H5Znbit.c): the significant bits of each number, highest first, packed without gaps.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct NBit: Codec {
    static let id = "swift_kerchunk.nbit"
    static let entry = CodecEntry.ours(
        id, class: "NBit", "N-bit, HDF5 filter 5."
    ) {
        settings throws(KerchunkError) in try NBit(settings)
    }

    private static let deepestType = 32

    /// What lies at one place of an element.
    private indirect enum Layout: Sendable {
        /// Each lane is a byte of a number that holds some of its bits; highest first.
        case number(size: Int, lanes: [Lane])
        case array(size: Int, of: Layout)
        case compound(size: Int, [(offset: Int, layout: Layout)])
        /// Bytes as they are.
        case opaque(size: Int)
    }

    private struct Lane: Sendable {
        let byte: Int
        let bitCount: Int
        let shift: UInt8
    }

    enum Order: String, CaseIterable { case little, big }
    enum Class: String, CaseIterable { case number, array, compound, opaque }

    private let layout: Layout
    private let elementCount: Int
    private let bitsPerElement: Int

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings(NBit.id, configuration)
        elementCount = try settings.integer("elements", in: 0...Int(UInt32.max))
        layout = try NBit.layout(try settings.settings("type"), depth: 0)
        guard let bits = NBit.bitCount(of: layout) else {
            throw settings.error("has a type with too many bits")
        }
        bitsPerElement = bits
    }

    private static func layout(_ settings: CodecSettings, depth: Int) throws(KerchunkError) -> Layout {
        guard depth < deepestType else { throw settings.error("has types nested \(depth) deep") }
        let size = try settings.integer("size", in: 1...Int(Int32.max))
        switch try settings.word("class", else: Class.number) {
        case .opaque: return .opaque(size: size)
        case .number: return try number(settings, size: size)
        case .array:
            let member = try layout(try settings.settings("of"), depth: depth + 1)
            guard size % self.size(of: member) == 0 else {
                throw settings.error(
                    "has an array of \(size) bytes, not a multiple of the size of its members")
            }
            return .array(size: size, of: member)
        case .compound:
            var members: [(offset: Int, layout: Layout)] = []
            for member in try settings.list("members") {
                let offset = try member.integer("at", in: 0...size)
                let layout = try layout(member, depth: depth + 1)
                guard offset + self.size(of: layout) <= size else {
                    throw settings.error("has a member that ends after the \(size) bytes of its compound")
                }
                members.append((offset, layout))
            }
            guard !members.isEmpty else { throw settings.error("has a compound without members") }
            return .compound(size: size, members)
        }
    }

    private static func number(_ settings: CodecSettings, size: Int) throws(KerchunkError) -> Layout {
        // No number type of HDF5's is wider than 64 bytes in any file; this keeps lanes few.
        guard size <= 1024 else { throw settings.error("has a number of \(size) bytes") }
        let precision = try settings.integer("precision", in: 1...size * 8)
        let offset = try settings.integer("offset", in: 0...size * 8 - precision, else: 0)
        let order: Order = try settings.word("byteorder")
        let bytes = offset / 8...(offset + precision - 1) / 8
        let lanes = bytes.reversed().map { byte in
            let low = max(offset, byte * 8)
            let high = min(offset + precision, byte * 8 + 8)
            return Lane(
                byte: order == .little ? byte : size - 1 - byte, bitCount: high - low,
                shift: UInt8(low - byte * 8))
        }
        return .number(size: size, lanes: lanes)
    }

    private static func size(of layout: Layout) -> Int {
        switch layout {
        case .number(let size, _), .array(let size, _), .compound(let size, _), .opaque(let size): size
        }
    }

    /// Bits that an element is stored in; nil where they do not fit into an integer.
    private static func bitCount(of layout: Layout) -> Int? {
        switch layout {
        case .opaque(let size): return size * 8
        case .number(_, let lanes): return lanes.reduce(0) { $0 + $1.bitCount }
        case .array(let size, let member):
            return bitCount(of: member)?.multiplied(by: size / self.size(of: member))
        case .compound(_, let members):
            var sum = 0
            for member in members {
                guard let next = bitCount(of: member.layout)?.adding(sum) else { return nil }
                sum = next
            }
            return sum
        }
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        let elementSize = NBit.size(of: layout)
        guard let size = elementCount.multiplied(by: elementSize), size <= limit else {
            throw .beyond(limit, NBit.id)
        }
        guard let bits = elementCount.multiplied(by: bitsPerElement), bits <= stored.count * 8 else {
            throw .undecodable(
                NBit.id,
                "\(elementCount) elements of \(bitsPerElement) bits do not fit into \(stored.count) bytes")
        }
        var reader = BitReader(stored.array)
        var elements = [UInt8](repeating: 0, count: size)
        for element in 0..<elementCount {
            NBit.decode(layout, at: element * elementSize, from: &reader, into: &elements)
        }
        return Bytes(elements)
    }

    private static func decode(
        _ layout: Layout, at place: Int, from reader: inout BitReader, into elements: inout [UInt8]
    ) {
        switch layout {
        case .number(_, let lanes):
            for lane in lanes {
                let bits = UInt8(truncatingIfNeeded: reader.bits(lane.bitCount))
                elements[place + lane.byte] = bits << lane.shift
            }
        case .opaque(let size):
            for byte in place..<place + size { elements[byte] = UInt8(truncatingIfNeeded: reader.bits(8)) }
        case .array(let size, let member):
            let stride = self.size(of: member)
            for start in Swift.stride(from: place, to: place + size, by: stride) {
                decode(member, at: start, from: &reader, into: &elements)
            }
        case .compound(_, let members):
            for member in members {
                decode(member.layout, at: place + member.offset, from: &reader, into: &elements)
            }
        }
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        throw .onlyDecodes(NBit.id)
    }
}
