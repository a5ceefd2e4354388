// SPDX-License-Identifier: Apache-2.0
// Damaged and hostile messages: an error or values, never a trap, and no memory for what is only claimed.

import KerchunkBytes
import KerchunkCodecs
import KerchunkGRIBPacking
import KerchunkModel
import KerchunkTestKit
import Testing

/// Sections of a message of edition 2, and the message that they make.
struct Message2 {
    var sections: [(number: UInt8, content: [UInt8])] = []
    private var start: [UInt8]

    init(_ message: Bytes) {
        let bytes = message.array
        start = Array(bytes[0..<16])
        var place = 16
        while place + 5 < bytes.count {
            let size = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            sections.append((bytes[place + 4], Array(bytes[place + 5..<place + size])))
            place += size
        }
    }

    static func number(_ value: Int, _ octets: Int) -> [UInt8] {
        (0..<octets).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    subscript(number: UInt8) -> [UInt8] {
        get { sections.first { $0.number == number }?.content ?? [] }
        set {
            if let place = sections.firstIndex(where: { $0.number == number }) {
                sections[place].content = newValue
            }
        }
    }

    /// Overwrites octets of section `number`, counted as in the specification.
    mutating func set(_ number: UInt8, octet: Int, _ value: Int, _ octets: Int) {
        self[number].replaceSubrange(octet - 6..<octet - 6 + octets, with: Self.number(value, octets))
    }

    var bytes: Bytes {
        var body: [UInt8] = []
        for (number, content) in sections { body += Self.number(content.count + 5, 4) + [number] + content }
        body += Array("7777".utf8)
        return Bytes(start[0..<8] + Self.number(16 + body.count, 8) + body)
    }
}

@Suite struct HostileMessageTests {
    private static let limit = 1 << 16

    private func kind(_ message: Bytes, _ field: Int = 0, limit: Int = limit) throws -> KerchunkError.Kind? {
        let codec = try directory.codec(
            CodecSpec("swift_kerchunk.grib", ["dtype": "float64", "field": .integer(field)]))
        do {
            let decoded = try codec.decode(message, limit: limit)
            #expect(decoded.count <= limit)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test(arguments: GRIBFixture.all) func everyPrefixIsAnError(_ one: GRIBFixture) throws {
        for count in 0..<one.message.count where count < 300 || count % 7 == 0 {
            #expect(try kind(one.message[0..<count], one.index) != nil)
        }
    }

    /// Each bit of what is before the values, and some of those behind.
    @Test(arguments: GRIBFixture.all) func flippedBitsNeverTrap(_ one: GRIBFixture) throws {
        let count = one.message.count * 8
        var bit = 0
        while bit < count {
            var bytes = one.message.array
            bytes[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            _ = try kind(Bytes(bytes), one.index)
            bit += bit < 1200 ? 1 : 29
        }
    }

    /// Octets of all ones, and of none, in places of counts, widths and scales.
    @Test(arguments: GRIBFixture.all) func extremeOctetsNeverTrap(_ one: GRIBFixture) throws {
        for place in 0..<min(one.message.count, 320) {
            for width in [1, 4] {
                for octet: UInt8 in [0, 0xFF] {
                    var bytes = one.message.array
                    for place in place..<min(place + width, bytes.count) { bytes[place] = octet }
                    _ = try kind(Bytes(bytes), one.index)
                }
            }
        }
    }

    // MARK: The message

    @Test func lengthsOutOfBoundsAreErrors() throws {
        let plain = try GRIBFixture.named("simple_2_12_bits").message
        for length in [0, 15, 16, 19, plain.count - 1, plain.count + 1, 1 << 40, Int.max] {
            let changed = plain.array[0..<8] + Message2.number(length, 8) + plain.array[16...]
            #expect(try kind(Bytes(changed)) == .malformed)
        }
        let beyond = plain.array[0..<8] + [UInt8](repeating: 0xFF, count: 8) + plain.array[16...]
        #expect(try kind(Bytes(beyond)) == .malformed)
        for edition: UInt8 in [0, 3, 255] {
            var changed = plain.array
            changed[7] = edition
            #expect(try kind(Bytes(changed)) == .malformed)
        }
        #expect(try kind(Bytes()) == .malformed)
        #expect(try kind(Bytes("GRIB")) == .malformed)
    }

    @Test func sectionsOutOfOrderAreErrors() throws {
        let plain = Message2(try GRIBFixture.named("simple_2_12_bits").message)
        #expect(plain.sections.map(\.number) == [1, 3, 4, 5, 6, 7])
        #expect(try kind(plain.bytes) == nil)
        for missing in plain.sections.indices {
            var changed = plain
            changed.sections.remove(at: missing)
            #expect(try kind(changed.bytes) == .malformed, "without one")
        }
        for first in 0..<5 {
            var changed = plain
            changed.sections.swapAt(first, first + 1)
            #expect(try kind(changed.bytes) == .malformed, "swapped")
        }
        var twice = plain
        twice.sections.append(plain.sections[5])
        #expect(try kind(twice.bytes) == .malformed, "section 7 twice")
        var unknown = plain
        unknown.sections[2].number = 9
        #expect(try kind(unknown.bytes) == .malformed)
        var none = plain
        none.sections = []
        #expect(try kind(none.bytes) == .malformed)
        var half = plain
        half.sections += plain.sections[2...3]
        #expect(try kind(half.bytes) == .malformed, "ends within a field")
    }

    @Test func bitmapsThatAreNotThereAreErrors() throws {
        var message = Message2(try GRIBFixture.named("simple_2_bitmap").message)
        let whole = message[6]
        message[6] = Array(whole.dropLast(2))
        #expect(try kind(message.bytes) == .malformed, "too short")
        message[6] = [254]
        #expect(try kind(message.bytes) == .malformed, "there is none before")
        message[6] = [17]
        #expect(try kind(message.bytes) == .unsupported, "not in the message")
        message[6] = [0] + [UInt8](repeating: 0xFF, count: whole.count - 1)
        #expect(try kind(message.bytes) == .malformed, "more ones than values")
    }

    // MARK: What is claimed

    @Test func pointsThatTakeNoBytesAreHeldToTheLimit() throws {
        for name in ["constant_2", "ccsds_constant", "complex_constant", "jpeg_constant"] {
            var message = Message2(try GRIBFixture.named(name).message)
            message.set(5, octet: 6, 0xFFFF_FFFF, 4)
            message.set(3, octet: 7, 0xFFFF_FFFF, 4)
            #expect(try kind(message.bytes, limit: .max) != nil)
            message.set(5, octet: 6, 300_000_000, 4)
            #expect(try kind(message.bytes, limit: 1 << 30) == .limit)
        }
    }

    @Test func widthsOutOfBoundsAreErrors() throws {
        for name in ["simple_2_12_bits", "ccsds_12_bits", "hand_complex_order_2", "spectral_complex_2"] {
            for bits in [57, 64, 65, 255] {
                var message = Message2(try GRIBFixture.named(name).message)
                message.set(5, octet: 20, bits, 1)
                #expect(try kind(message.bytes) == .malformed, "\(name) \(bits)")
            }
        }
    }

    @Test func groupsThatDoNotMakeTheFieldAreErrors() throws {
        let plain = Message2(try GRIBFixture.named("hand_complex_order_2_missing_1").message)
        #expect(try kind(plain.bytes) == nil)
        let changes: [(octet: Int, value: Int, octets: Int)] = [
            (32, 0xFFFF_FFFF, 4), (32, 9, 4), (32, 7, 4), (32, 0, 4),  // groups
            (36, 255, 1), (37, 255, 1), (37, 57, 1),  // widths
            (38, 0xFFFF_FFFF, 4), (38, 0, 4), (42, 255, 1), (43, 0xFFFF_FFFF, 4), (43, 0, 4), (47, 255, 1),
            (48, 0, 1), (48, 3, 1), (49, 255, 1), (49, 8, 1), (6, 186, 4), (6, 188, 4),
        ]
        for (octet, value, octets) in changes {
            var message = plain
            message.set(5, octet: octet, value, octets)
            #expect(try kind(message.bytes) == .malformed, "octet \(octet) \(value)")
        }
        var message = plain
        message.set(5, octet: 23, 3, 1)
        #expect(try kind(message.bytes) == .unsupported, "unknown management of missing values")
    }

    /// As IEEE arithmetic has it.
    @Test func scalesThatNoNumberHasGiveInfinitiesAndZeros() throws {
        var message = Message2(try GRIBFixture.named("simple_2_12_bits").message)
        let codec = try directory.codec(CodecSpec("grib", ["dtype": "float64"]))
        func values() throws -> [Double] {
            doubles(try codec.decode(message.bytes, limit: Self.limit)).map { Double(bitPattern: $0) }
        }
        message.set(5, octet: 16, 0x7FFF, 2)
        #expect(try values().allSatisfy { $0.isInfinite || $0.isNaN })
        message.set(5, octet: 16, 0xFFFF, 2)
        #expect(try Set(values()).count == 1)
        message.set(5, octet: 18, 0x7FFF, 2)
        #expect(try values().allSatisfy { $0 == 0 })
        message.set(5, octet: 12, 0x7FC0_0000, 4)
        #expect(try values().allSatisfy { $0.isNaN })
    }

    @Test func imagesOfOtherSizesAreErrors() throws {
        for name in ["jpeg_12_bits", "hand_png_16_bits"] {
            for count in [1, 186, 188, 17 * 12] {
                var message = Message2(try GRIBFixture.named(name).message)
                message.set(5, octet: 6, count, 4)
                #expect(try kind(message.bytes) == .malformed)
            }
        }
        // an image that claims to be large, and has few bytes
        var message = Message2(try GRIBFixture.named("hand_png_8_bits").message)
        message.set(5, octet: 6, 100_000_000, 4)
        message[7].replaceSubrange(16..<24, with: Message2.number(10_000, 4) + Message2.number(10_000, 4))
        #expect(try kind(message.bytes, limit: .max) == .malformed)
    }

    @Test func settingsOfLibaecAreChecked() throws {
        for (octet, value, octets) in [(23, 0, 1), (23, 7, 1), (24, 0, 2), (24, 65535, 2), (22, 0xFF, 1)] {
            var message = Message2(try GRIBFixture.named("ccsds_12_bits").message)
            message.set(5, octet: octet, value, octets)
            _ = try kind(message.bytes)
        }
        var message = Message2(try GRIBFixture.named("ccsds_12_bits").message)
        message.set(5, octet: 23, 0, 1)
        #expect(try kind(message.bytes) == .malformed)
        message = Message2(try GRIBFixture.named("ccsds_12_bits").message)
        message[7] = Array(message[7].prefix(20))
        #expect(try kind(message.bytes) == .malformed, "ends before")
    }

    @Test func unknownPackingsAreRefused() throws {
        var message = Message2(try GRIBFixture.named("simple_2_12_bits").message)
        message.set(5, octet: 10, 9999, 2)
        do {
            _ = try directory.codec(CodecSpec("grib")).decode(message.bytes, limit: Self.limit)
            Issue.record("decodes")
        } catch {
            #expect(error.kind == .unsupported)
            #expect(error.message == "cannot decode the GRIB field: the packing of template 5.9999")
        }
    }
}
