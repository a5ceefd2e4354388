// SPDX-License-Identifier: Apache-2.0
// The codec `swift_kerchunk.scaleoffset`: what HDF5's filter 6 writes, differences to the smallest value in few bits.
// Spec: HDF5's filter 6 (H5Zscaleoffset.c): number of bits (4 bytes), width of the minimum (1), the minimum
// (8), 8 bytes without meaning, then the differences packed from the highest bit down; header in little-endian order.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct ScaleOffset: Codec {
    static let id = "swift_kerchunk.scaleoffset"
    static let entry = CodecEntry.ours(
        id, class: "ScaleOffset", "Scale-offset, HDF5 filter 6."
    ) {
        settings throws(KerchunkError) in try ScaleOffset(settings)
    }

    private static let headerSize = 21

    enum Kind: String, CaseIterable { case integer, float }
    enum Order: String, CaseIterable { case little, big }

    let kind: Kind
    let order: Order
    /// Bytes of an element.
    let size: Int
    let elementCount: Int
    /// Floats are stored as integers of 10 to this power.
    let decimals: Int
    /// The bits of the fill value, which the highest difference stands for; nil where there is none.
    let fill: UInt64?

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings(ScaleOffset.id, configuration)
        kind = try settings.word("kind")
        order = try settings.word("byteorder")
        size = try settings.integer("size", in: 1...8)
        guard kind == .float ? size == 4 || size == 8 : size.nonzeroBitCount == 1 else {
            throw settings.error("has \"size\" \(size), which is not a size of \(kind.rawValue) elements")
        }
        elementCount = try settings.integer("elements", in: 0...Int(UInt32.max))
        decimals = try settings.integer("decimals", in: -400...400, else: 0)
        guard let text = try settings.optionalText("fill_bits") else {
            fill = nil
            return
        }
        guard text.hasPrefix("0x"), let bits = UInt64(text.dropFirst(2), radix: 16) else {
            throw settings.error("has \"fill_bits\" \"\(text)\", expected 0x and hexadecimal digits")
        }
        fill = bits
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard let decodedSize = elementCount.multiplied(by: size), decodedSize <= limit else {
            throw .beyond(limit, ScaleOffset.id)
        }
        var header = FrameReader(stored, codec: ScaleOffset.id)
        let bitCount = Int(try header.uint32())
        let minimumWidth = min(8, Int(try header.uint8()))
        var minimum: UInt64 = 0
        for byte in 0..<minimumWidth { minimum |= UInt64(try header.uint8()) << UInt64(8 * byte) }
        guard bitCount <= size * 8 else {
            throw .undecodable(ScaleOffset.id, "differences of \(bitCount) bits in elements of \(size) bytes")
        }
        guard let bits = elementCount.multiplied(by: bitCount),
            bitCount == 0 || (bits - 1) / 8 + 1 <= stored.count - ScaleOffset.headerSize || bits == 0
        else {
            throw .undecodable(
                ScaleOffset.id,
                "\(elementCount) elements of \(bitCount) bits do not fit into \(stored.count) bytes")
        }
        return Bytes(elements(stored, bitCount: bitCount, minimum: minimum))
    }

    private func elements(_ stored: Bytes, bitCount: Int, minimum: UInt64) -> [UInt8] {
        var elements = [UInt8](repeating: 0, count: elementCount * size)
        let isWhole = bitCount == size * 8
        let highest = bitCount == 64 ? UInt64.max : (1 << UInt64(bitCount)) - 1
        let scale = Double("1e\(decimals)") ?? 1
        let fill = isWhole ? nil : fill
        var reader = BitReader(stored.array, from: ScaleOffset.headerSize)
        for element in 0..<elementCount {
            var value = reader.bits(bitCount)
            if isWhole {
                // Copies of elements in the writer's byte order, which HDF5 takes for the reader's.
                value = value.byteSwapped >> UInt64(64 - bitCount)
            } else if value == highest, let fill {
                value = fill
            } else {
                value = restored(value, minimum: minimum, scale: scale)
            }
            for byte in 0..<size {
                let place = order == .little ? byte : size - 1 - byte
                elements[element * size + place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))
            }
        }
        return elements
    }

    /// The bits of the value whose difference to the minimum was stored.
    private func restored(_ difference: UInt64, minimum: UInt64, scale: Double) -> UInt64 {
        switch (kind, size) {
        case (.integer, _): return difference &+ minimum  // modulo the element's width, as it was subtracted
        case (.float, 4):
            let least = Float(bitPattern: UInt32(truncatingIfNeeded: minimum))
            return UInt64((Float(difference) / Float(scale) + least).bitPattern)
        case (.float, _):
            return (Double(difference) / scale + Double(bitPattern: minimum)).bitPattern
        }
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        throw .onlyDecodes(ScaleOffset.id)
    }
}
