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

    private let source: Source
    private let sourceSize: Int
    private let target: NumberFormat

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
            guard
                let format = NumberFormat(
                    isSigned ? .signed : .unsigned, width: layout.size, layout.isBigEndian ? .big : .little)
            else { return nil }
            self.target = format
        case .floatingPoint(let layout):
            guard let width = layout.ieeeWidth else { return nil }
            guard
                let format = NumberFormat(
                    .real, width: width, layout.byteLayout == .big ? .big : .little)
            else { return nil }
            self.target = format
        default: return nil
        }
    }

    func convert(_ elements: Bytes) -> Bytes {
        ElementWriter(target).bytes(count: elements.count / sourceSize) { index in
            bits(elements[index * sourceSize..<(index + 1) * sourceSize])
        }
    }

    private func bits(_ element: Bytes) -> UInt64 {
        switch (source, target.kind) {
        case (.integer(let layout), .signed), (.integer(let layout), .unsigned):
            return clamped(layout.bits(element), wasSigned: layout.isSigned)
        case (.integer(let layout), .real):
            let value = layout.bits(element)
            return layout.isSigned ? nearest(Int64(bitPattern: value)) : nearest(value)
        case (.float(let layout), .real): return target.bits(nearest: layout.double(element).value)
        case (.float(let layout), _): return cut(layout.double(element).value)
        }
    }

    private var limits: (low: Int64, high: UInt64) {
        let unused = UInt64(64 - 8 * target.width)
        return target.kind == .signed
            ? (Int64.min >> Int64(unused), UInt64(Int64.max >> Int64(unused))) : (0, UInt64.max >> unused)
    }

    private func clamped(_ bits: UInt64, wasSigned: Bool) -> UInt64 {
        let (low, high) = limits
        if wasSigned, Int64(bitPattern: bits) < 0 {
            return UInt64(bitPattern: max(Int64(bitPattern: bits), low))
        }
        return min(bits, high)
    }

    private func cut(_ value: Double) -> UInt64 {
        let (low, high) = limits
        if value.isNaN { return 0 }
        let whole = value.rounded(.towardZero)
        if whole < 0 { return UInt64(bitPattern: Int64(exactly: whole).map { max($0, low) } ?? low) }
        return UInt64(exactly: whole).map { min($0, high) } ?? high
    }

    /// The real that is nearest to an integer: rounded once, as two roundings may differ from one.
    private func nearest(_ value: some BinaryInteger) -> UInt64 {
        target.width == 4 ? UInt64(Float(value).bitPattern) : target.bits(nearest: Double(value))
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
