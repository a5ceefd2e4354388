// SPDX-License-Identifier: Apache-2.0
// Numbers of one type as those of another, by the rules of the HDF5 library.
// Spec: HDF5 Reference Manual, H5Tconvert: what is out of range becomes the nearest value, fractions are cut off, NaN is 0
// as an integer.

import KerchunkBytes
import KerchunkModel

/// Converts the elements of one number type into those of another.
struct NumberConversion {
    private enum Source {
        case integer(IntegerLayout)
        case float(Datatype.FloatLayout)
    }

    private enum Target {
        case integer(isSigned: Bool, width: Int)
        case float(width: Int)
    }

    private let source: Source
    private let sourceSize: Int
    private let target: Target
    private let isBigEndian: Bool

    /// Nil where there is nothing to convert, or no rule for it.
    init?(from source: Datatype, to target: Datatype) {
        guard source != target else { return nil }
        switch source {
        case .fixedPoint:
            guard let layout = source.integerLayout, (1...8).contains(layout.size) else { return nil }
            self.source = .integer(layout)
        case .floatingPoint(let layout):
            guard layout.size <= 8 else { return nil }
            self.source = .float(layout)
        default: return nil
        }
        sourceSize = source.size
        switch target {
        case .fixedPoint(_, let order, let isSigned, _, _):
            guard let layout = target.integerLayout, layout.isOrdinary, order != .vax else { return nil }
            self.target = .integer(isSigned: isSigned, width: layout.size)
            isBigEndian = layout.isBigEndian
        case .floatingPoint(let layout):
            guard let width = layout.ieeeWidth else { return nil }
            self.target = .float(width: width)
            isBigEndian = layout.byteLayout == .big
        default: return nil
        }
    }

    func convert(_ elements: Bytes) -> Bytes {
        var converted: [UInt8] = []
        let count = elements.count / sourceSize
        for index in 0..<count {
            append(elements[index * sourceSize..<(index + 1) * sourceSize], to: &converted)
        }
        return Bytes(converted)
    }

    private func append(_ element: Bytes, to converted: inout [UInt8]) {
        let bits: UInt64
        let width: Int
        switch (source, target) {
        case (.integer(let layout), .integer(let isSigned, let size)):
            bits = Self.clamped(layout.bits(element), wasSigned: layout.isSigned, isSigned: isSigned, size)
            width = size
        case (.integer(let layout), .float(let size)):
            let value = layout.bits(element)
            // Once, as two roundings may differ from one.
            bits =
                layout.isSigned ? Self.floatBits(Int64(bitPattern: value), size) : Self.floatBits(value, size)
            width = size
        case (.float(let layout), .integer(let isSigned, let size)):
            bits = Self.cut(layout.double(element).value, isSigned: isSigned, size)
            width = size
        case (.float(let layout), .float(let size)):
            bits = Self.floatBits(layout.double(element).value, size)
            width = size
        }
        for index in 0..<width {
            let position = isBigEndian ? width - 1 - index : index
            converted.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * position)))
        }
    }

    private static func limits(isSigned: Bool, _ size: Int) -> (low: Int64, high: UInt64) {
        let unused = UInt64(64 - 8 * size)
        return isSigned
            ? (Int64.min >> Int64(unused), UInt64(Int64.max >> Int64(unused))) : (0, UInt64.max >> unused)
    }

    private static func clamped(_ bits: UInt64, wasSigned: Bool, isSigned: Bool, _ size: Int) -> UInt64 {
        let (low, high) = limits(isSigned: isSigned, size)
        if wasSigned, Int64(bitPattern: bits) < 0 {
            return UInt64(bitPattern: max(Int64(bitPattern: bits), low))
        }
        return min(bits, high)
    }

    private static func cut(_ value: Double, isSigned: Bool, _ size: Int) -> UInt64 {
        let (low, high) = limits(isSigned: isSigned, size)
        if value.isNaN { return 0 }
        let whole = value.rounded(.towardZero)
        if whole < 0 { return UInt64(bitPattern: Int64(exactly: whole).map { max($0, low) } ?? low) }
        return UInt64(exactly: whole).map { min($0, high) } ?? high
    }

    private static func floatBits(_ value: some BinaryInteger, _ size: Int) -> UInt64 {
        switch size {
        case 2: UInt64(FillValue.halfPrecisionBits(Double(value)))
        case 4: UInt64(Float(value).bitPattern)
        default: Double(value).bitPattern
        }
    }

    private static func floatBits(_ value: Double, _ size: Int) -> UInt64 {
        switch size {
        case 2: UInt64(FillValue.halfPrecisionBits(value))
        case 4: UInt64(Float(value).bitPattern)
        default: value.bitPattern
        }
    }
}

extension DatasetHeader {
    /// With the byte order of all `sources`, where that is the only difference: their chunks need not be converted then.
    func takingByteOrder(of sources: [DatasetHeader]) -> DatasetHeader {
        guard let other = sources.first?.datatype, other != datatype, other.isSwapped(datatype),
            sources.allSatisfy({ $0.datatype == other })
        else { return self }
        var fill = fillValue
        if case .element(let bytes) = fill.value {
            fill = FillValueMessage(value: .element(bytes.reversed()))
        }
        return DatasetHeader(
            dataspace: dataspace, datatype: other, fillValue: fill, layout: layout, filters: filters,
            externalFiles: externalFiles)
    }
}

extension Datatype {
    /// Whether both are the same numbers in opposite byte orders.
    fileprivate func isSwapped(_ other: Datatype) -> Bool {
        let orders: Set<ByteLayout> = [.little, .big]
        switch (self, other) {
        case (
            .fixedPoint(let size, let order, let isSigned, 0, let precision),
            .fixedPoint(_, let otherOrder, _, _, _)
        ):
            return orders == [order, otherOrder]
                && other
                    == .fixedPoint(
                        size: size, otherOrder, isSigned: isSigned, bitOffset: 0, precision: precision)
        case (.floatingPoint(let one), .floatingPoint(let two)):
            return orders == [one.byteLayout, two.byteLayout] && one.ieeeWidth != nil
                && one.ieeeWidth == two.ieeeWidth
        default: return false
        }
    }
}
