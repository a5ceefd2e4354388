// SPDX-License-Identifier: Apache-2.0
// Expected values are written out, or follow from how IEEE 754 numbers are spaced.

import KerchunkBytes
import KerchunkModel
import Testing

@Suite struct ElementTests {
    private func format(_ kind: NumberFormat.Kind, _ width: Int, _ order: ByteOrder) throws -> NumberFormat {
        try #require(NumberFormat(kind, width: width, order))
    }

    // MARK: Integers

    /// Bytes, highest first, and what they are with and without a sign.
    private static let integers: [([UInt8], Int64, UInt64)] = [
        ([0x7F], 127, 127), ([0x80], -128, 128), ([0xFF], -1, 255),
        ([0x12, 0x34], 0x1234, 0x1234), ([0x80, 0x00], -32768, 32768), ([0xFF, 0xFE], -2, 65534),
        ([0x12, 0x34, 0x56, 0x78], 0x1234_5678, 0x1234_5678),
        ([0x80, 0, 0, 0], -2_147_483_648, 2_147_483_648), ([0xFF, 0xFF, 0xFF, 0xFF], -1, 4_294_967_295),
        ([1, 2, 3, 4, 5, 6, 7, 8], 0x0102_0304_0506_0708, 0x0102_0304_0506_0708),
        ([0x80, 0, 0, 0, 0, 0, 0, 0], .min, 1 << 63),
        ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], -1, .max),
    ]

    @Test(arguments: integers, [ByteOrder.big, .little])
    func integersOfAllWidthsInBothOrders(_ sample: ([UInt8], Int64, UInt64), _ order: ByteOrder) throws {
        let (highestFirst, signed, unsigned) = sample
        let stored = order == .big ? highestFirst : highestFirst.reversed()
        let width = stored.count
        // Three of them, so that places count, and a byte that is no whole number where there can be one.
        let bytes = Bytes(stored + stored + stored + (width > 1 ? [9] : []))
        let whole = bytes[0..<3 * width]
        let signedFormat = try format(.signed, width, order)
        let unsignedFormat = try format(.unsigned, width, order)
        guard case .signed(let withSign) = ElementReader(signedFormat).numbers(bytes),
            case .unsigned(let withoutSign) = ElementReader(unsignedFormat).numbers(bytes)
        else {
            Issue.record("integers are no integers")
            return
        }
        #expect(withSign == [signed, signed, signed])
        #expect(withoutSign == [unsigned, unsigned, unsigned])
        #expect(whole.bits(width..<2 * width, order) == unsigned)
        #expect(ElementWriter(unsignedFormat).bytes(withoutSign) == whole)
        #expect(ElementWriter(signedFormat).bytes(withSign) { UInt64(bitPattern: $0) } == whole)
        #expect(signedFormat.element(unsigned) == Array(stored))
        #expect(signedFormat.bits(exactly: signed).map { signedFormat.element($0) } == Array(stored))
    }

    @Test(arguments: [(1, 127), (2, 32767), (4, 2_147_483_647)] as [(Int, Int64)])
    func integersThatDoNotFitAreRefused(_ width: Int, _ largest: Int64) throws {
        let signed = try format(.signed, width, .little)
        #expect(signed.bits(exactly: largest) != nil && signed.bits(exactly: -largest - 1) != nil)
        #expect(signed.bits(exactly: largest + 1) == nil && signed.bits(exactly: -largest - 2) == nil)
        let unsigned = try format(.unsigned, width, .big)
        #expect(unsigned.bits(exactly: 2 * largest + 1) != nil && unsigned.bits(exactly: 0 as Int64) == 0)
        #expect(unsigned.bits(exactly: 2 * largest + 2) == nil && unsigned.bits(exactly: -1 as Int64) == nil)
    }

    @Test func numbersOfJSONAreIntegersExactlyOrNot() throws {
        let signed = try format(.signed, 8, .little)
        let unsigned = try format(.unsigned, 8, .little)
        #expect(signed.bits(exactly: .unsigned(1 << 63)) == nil)
        #expect(unsigned.bits(exactly: .unsigned(.max)) == .max)
        #expect(unsigned.bits(exactly: .integer(-1)) == nil)
        #expect(signed.bits(exactly: .real(-3)) == UInt64(bitPattern: -3))
        #expect(signed.bits(exactly: .real(2.5)) == nil && signed.bits(exactly: .real(1e300)) == nil)
        #expect(signed.bits(exactly: .real(.nan)) == nil)
        #expect(try format(.unsigned, 4, .little).bits(exactly: .unsigned(.max)) == nil)
    }

    @Test func widthsThatNoMachineHasAreNoFormats() {
        for width in [-1, 0, 3, 5, 16] { #expect(NumberFormat(.signed, width: width, .little) == nil) }
        #expect(NumberFormat(.real, width: 1, .little) == nil)
        #expect(NumberFormat(.bool) == nil && NumberFormat(.fixedBytes(length: 4)) == nil)
        #expect(NumberFormat(.datetime(unit: "ns", .big)) == NumberFormat(.signed, width: 8, .big))
    }

    // MARK: Reals

    @Test(arguments: [ByteOrder.big, .little])
    func realsOfFourAndEightBytes(_ order: ByteOrder) throws {
        func stored(_ bytes: [UInt8]) -> [UInt8] { order == .big ? bytes : bytes.reversed() }
        let single = try format(.real, 4, order)
        let singles: [(bytes: [UInt8], value: Float)] = [
            ([0x3F, 0x80, 0, 0], 1), ([0x80, 0, 0, 0], -0.0), ([0x7F, 0x7F, 0xFF, 0xFF], 0x1.FFFFFEp127),
            ([0, 0, 0, 1], 0x1p-149), ([0xFF, 0x80, 0, 0], -.infinity), ([0x3D, 0xCC, 0xCC, 0xCD], 0.1),
        ]
        let bytes = Bytes(singles.flatMap { stored($0.bytes) })
        guard case .singles(let values) = ElementReader(single).numbers(bytes) else {
            Issue.record("no singles")
            return
        }
        #expect(values.map(\.bitPattern) == singles.map(\.value.bitPattern))
        #expect(ElementWriter(single).bytes(values.map(Double.init)) { single.bits(nearest: $0) } == bytes)
        #expect(single.bits(exactly: 0.1) == nil && single.bits(exactly: Double(Float(0.1))) != nil)
        #expect(single.bits(exactly: 1e39) == nil && single.bits(nearest: 1e39) == 0x7F80_0000)
        #expect(single.bits(exactly: .nan) == 0x7FC0_0000)

        let double = try format(.real, 8, order)
        let doubles: [(bytes: [UInt8], value: Double)] = [
            ([0x3F, 0xB9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A], 0.1), ([0, 0, 0, 0, 0, 0, 0, 1], 0x1p-1074),
            ([0x7F, 0xEF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .greatestFiniteMagnitude),
        ]
        let long = Bytes(doubles.flatMap { stored($0.bytes) })
        guard case .doubles(let read) = ElementReader(double).numbers(long) else {
            Issue.record("no doubles")
            return
        }
        #expect(read == doubles.map(\.value))
        #expect(ElementWriter(double).bytes(read) { $0.bitPattern } == long)
    }

    @Test func aFailureInTheMiddleEndsWriting() throws {
        struct Odd: Error {}
        let writer = ElementWriter(try format(.unsigned, 2, .little))
        #expect(throws: Odd.self) {
            _ = try writer.bytes([2, 4, 5, 6] as [UInt64]) { (value) throws(Odd) in
                guard value % 2 == 0 else { throw Odd() }
                return value
            }
        }
        #expect(writer.bytes([] as [UInt64]).isEmpty)
    }

    // MARK: Half precision

    /// All magnitudes that are numbers, by bits: neighbours are 2^-24 apart up to 2^-13, and twice as far with each further
    /// exponent.
    private static let magnitudes: [Double] = {
        var magnitudes: [Double] = []
        var value = 0.0
        var step = 0x1p-24
        for bits in 0..<0x7C00 {
            if bits >= 0x800, bits % 0x400 == 0 { step *= 2 }
            magnitudes.append(value)
            value += step
        }
        return magnitudes
    }()

    @Test func allHalfPrecisionNumbersAreRead() {
        #expect(Self.magnitudes[0x3C00] == 1 && Self.magnitudes.last == 65504)
        var wrong: [Int] = []
        for (bits, magnitude) in Self.magnitudes.enumerated() {
            let plus = HalfPrecision.float(UInt16(bits))
            let minus = HalfPrecision.float(UInt16(bits | 0x8000))
            if Double(plus) != magnitude || plus.sign != .plus { wrong.append(bits) }
            if Double(minus) != -magnitude || minus.sign != .minus { wrong.append(bits | 0x8000) }
        }
        #expect(wrong.isEmpty)
        #expect(HalfPrecision.float(0x7C00) == .infinity && HalfPrecision.float(0xFC00) == -.infinity)
        for bits in UInt16(0x7C01)...0x7FFF {
            if !HalfPrecision.float(bits).isNaN || !HalfPrecision.float(bits | 0x8000).isNaN {
                wrong.append(Int(bits))
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func allHalfPrecisionBitsComeBack() {
        var wrong: [UInt16] = []
        for bits in UInt16.min...UInt16.max {
            let isSignalling = bits & 0x7E00 == 0x7C00 && bits & 0x3FF != 0
            let expected = isSignalling ? bits | 0x200 : bits
            if HalfPrecision.bits(nearest: Double(HalfPrecision.float(bits))) != expected {
                wrong.append(bits)
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func whatLiesBetweenHalfPrecisionNumbersGoesToTheNearest() {
        var wrong: [Int] = []
        for bits in 0..<Self.magnitudes.count {
            let low = Self.magnitudes[bits]
            let high = bits + 1 < Self.magnitudes.count ? Self.magnitudes[bits + 1] : 65536
            let middle = (low + high) / 2
            let even = bits % 2 == 0 ? bits : bits + 1
            for (value, expected) in [(middle.nextDown, bits), (middle, even), (middle.nextUp, bits + 1)] {
                if HalfPrecision.bits(nearest: value) != UInt16(expected)
                    || HalfPrecision.bits(nearest: -value) != UInt16(expected | 0x8000)
                {
                    wrong.append(bits)
                }
            }
        }
        #expect(wrong.isEmpty)
        #expect(HalfPrecision.bits(nearest: .nan) == 0x7E00)
        #expect(HalfPrecision.bits(nearest: 1e300) == 0x7C00)
        #expect(HalfPrecision.bits(nearest: .leastNonzeroMagnitude) == 0)
    }
}
