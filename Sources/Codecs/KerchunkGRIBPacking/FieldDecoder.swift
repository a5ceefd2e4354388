// SPDX-License-Identifier: Apache-2.0
// The values of a field: what is known before memory is taken, and how they come out.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, sections 5 to 7; edition 1, sections 3 and 4.

package import KerchunkBytes
package import KerchunkModel
import Glibc

/// A field that is ready to be decoded.
package struct FieldDecoder: Sendable {
    /// The most values that a field may have; the largest grids in use have a hundredth of it.
    package static let mostValues = 400_000_000

    /// In which order values come out.
    package enum RowOrder: String, Sendable, CaseIterable {
        /// As they lie in the message.
        case stored
        /// Rows that lie the other way round are turned, where each second one does (scanning flag 4).
        case turned
    }

    private let field: GRIBField
    package let representation: DataRepresentation
    package let layout: GridLayout?
    /// Values that come out, where points that a bitmap leaves out count.
    package let valueCount: Int
    private let bitmap: Bitmap?
    /// Values that are packed.
    private var packedCount: Int { bitmap?.present ?? valueCount }

    // MARK: What is known before

    /// - Throws: kind `malformed` for sections that contradict each other, `limit` for more values than any field has,
    ///   `unsupported` for bitmaps that no message carries.
    package init(_ field: GRIBField) throws(KerchunkError) {
        self.field = field
        let (representation, coded) = try parsing { () throws(ParseError) in try field.dataRepresentation }
        let layout = try parsing { () throws(ParseError) in try field.gridLayout }
        self.representation = representation
        self.layout = layout
        switch field.sections.bitmap {
        case .none:
            bitmap = nil
            let byData = coded == nil ? FieldDecoder.countByData(field, representation) : nil
            // Rows of edition 1 may be those of the globe where the field is a part of it.
            let byGrid =
                layout?.isReduced == true ? byData ?? layout?.pointCount : layout?.pointCount ?? byData
            guard let count = coded ?? byGrid else {
                throw .malformedField("there is no grid that says how many values it has")
            }
            valueCount = count
        case .predefined(let number):
            throw .unsupportedField("its bitmap has the number \(number), and is not in the message")
        case .section(let place):
            let bits = field.message.bytes[place].dropping(6)
            let points: Int
            if let count = layout?.pointCount, field.edition == 2 || layout?.isReduced == false {
                points = count
            } else {
                let unused = Int(field.message.bytes[place.lowerBound + 3])
                points = max(0, bits.count * 8 - unused)
            }
            let found = try Bitmap(bits, count: points)
            if let coded, coded < found.present {
                throw .malformedField("a bitmap with \(found.present) ones for \(coded) values")
            }
            bitmap = found
            valueCount = points
        }
        guard valueCount <= FieldDecoder.mostValues else {
            throw KerchunkError(
                .limit,
                "cannot decode the GRIB field: it has \(valueCount) values, at most \(FieldDecoder.mostValues) are decoded"
            )
        }
    }

    /// Edition 1: as many values as section 4 has room for; nil where it does not say.
    private static func countByData(_ field: GRIBField, _ representation: DataRepresentation) -> Int? {
        guard field.edition == 1, case .simple(let scaling) = representation, scaling.bits > 0 else {
            return nil
        }
        let section = field.message.bytes[field.sections.data]
        let unused = Int(section[3] & 0x0F)
        return max(0, (section.count - DataRepresentation.simpleHeaderOfEdition1) * 8 - unused) / scaling.bits
    }

    // MARK: Decoding

    /// All values, a NaN where one is missing.
    /// - Parameter limit: bytes that the values, 8 each, may have.
    package func bytes(
        width: Int, isBigEndian: Bool, rows: RowOrder, limit: Int
    ) throws(KerchunkError) -> Bytes {
        guard let size = valueCount.multiplied(by: width), size <= limit,
            let values = ValueBuffer(count: valueCount)
        else { throw .fieldBeyond(limit, valueCount) }
        try unpack(into: values)
        if let bitmap { values.spread(bitmap, present: packedCount) }
        if case .secondOrder(let packing) = representation, packing.isBoustrophedonic {
            try turnSecondRows(values, try rowCounts())
        }
        if rows == .turned, let layout, layout.scanning.isAlternating {
            try turnSecondRows(values, try runCounts(layout))
        }
        return values.bytes(width: width, isBigEndian: isBigEndian)
    }

    private func unpack(into values: ValueBuffer) throws(KerchunkError) {
        let section = field.message.bytes[field.sections.data]
        let all = 0..<packedCount
        if all.isEmpty { return }
        switch representation {
        case .unsupported(let packing): throw .unsupportedField(packing)
        case .allMissing: values.fill(all, with: .nan)
        case .ieee(let width, let start):
            try values.copyReals(section, from: start, width: width, count: packedCount)
        case .simple(let scaling): try unpackSimple(scaling, section, into: values)
        case .logarithmic(let scaling, let offset):
            try unpackSimple(scaling, section, into: values)
            for index in all {
                values[index] = offset == 0 ? exp(values[index]) : exp(values[index]) - offset
            }
        case .complex(let packing): try packing.unpack(section, into: values, count: packedCount)
        case .jpeg2000(let scaling) where scaling.bits > 0:
            try JPEG2000.unpack(
                section.dropping(5), into: values, count: packedCount, scaling.factors)
        case .png(let scaling) where scaling.bits > 0:
            try PNGImage(section.dropping(5), count: packedCount).unpack(into: values, scaling.factors)
        case .ccsds(let packing) where packing.scaling.bits > 0:
            try packing.unpack(section.dropping(5), into: values, count: packedCount)
        case .jpeg2000(let scaling), .png(let scaling): values.fill(all, with: scaling.reference)
        case .ccsds(let packing): values.fill(all, with: packing.scaling.reference)
        case .runLength(let packing): try packing.unpack(section, into: values, count: packedCount)
        case .secondOrder(let packing):
            try packing.unpack(section, into: values, count: packedCount) { () throws(KerchunkError) in
                try presentRowCounts()
            }
        case .spectralSimple(let scaling, let mean): try unpackSpectral(scaling, mean, section, into: values)
        case .spectralComplex(let packing):
            guard bitmap == nil, let truncation = layout?.truncation else {
                throw .malformedField("coefficients of spherical harmonics on a grid of points")
            }
            try packing.unpack(section, into: values, truncation: truncation)
        }
    }

    private var headerSize: Int { field.edition == 1 ? DataRepresentation.simpleHeaderOfEdition1 : 5 }

    private func unpackSimple(
        _ scaling: Scaling, _ section: Bytes, into values: ValueBuffer
    ) throws(KerchunkError) {
        guard scaling.bits > 0 else {
            values.fill(0..<packedCount, with: scaling.reference)
            return
        }
        try PackedIntegers(
            section, from: headerSize * 8, width: scaling.bits, count: packedCount, of: "values"
        ).scale(scaling.factors, into: values)
    }

    /// The first coefficient's real part stands apart.
    private func unpackSpectral(
        _ scaling: Scaling, _ mean: Double, _ section: Bytes, into values: ValueBuffer
    ) throws(KerchunkError) {
        guard bitmap == nil else {
            throw .malformedField("coefficients of spherical harmonics with a bitmap")
        }
        values[0] = mean
        let header = field.edition == 1 ? DataRepresentation.spectralHeaderOfEdition1 : 5
        guard scaling.bits > 0 else {
            values.fill(1..<valueCount, with: scaling.reference)
            return
        }
        try PackedIntegers(
            section, from: header * 8, width: scaling.bits, count: valueCount - 1, of: "coefficients"
        ).scale(scaling.factors, into: values, from: 1)
    }

    // MARK: Rows

    /// Points of each row, or column where these lie behind each other.
    private func runCounts(_ layout: GridLayout) throws(KerchunkError) -> [Int] {
        switch layout.rows {
        case .reduced(let counts): return counts
        case .regular:
            guard let (length, count) = layout.runs, length.multiplied(by: count) == valueCount else {
                throw .malformedField("a grid of another size than its \(valueCount) values")
            }
            return Array(repeating: length, count: count)
        case .none: throw .malformedField("each second row is turned, but the grid has no rows")
        }
    }

    private func rowCounts() throws(KerchunkError) -> [Int] {
        guard let layout else { throw .malformedField("each second row is turned, but there is no grid") }
        return try runCounts(layout)
    }

    /// As many as have a value.
    private func presentRowCounts() throws(KerchunkError) -> [Int] {
        let counts = try rowCounts()
        guard let bitmap else { return counts }
        var present: [Int] = []
        var start = 0
        for count in counts {
            guard count <= bitmap.count - start else {
                throw .malformedField("rows of more points than the bitmap's \(bitmap.count)")
            }
            present.append((start..<start + count).reduce(0) { $0 + (bitmap[$1] ? 1 : 0) })
            start += count
        }
        return present
    }

    private func turnSecondRows(_ values: ValueBuffer, _ counts: [Int]) throws(KerchunkError) {
        var start = 0
        for (row, count) in counts.enumerated() {
            guard count <= values.count - start else {
                throw .malformedField("rows of more points than the field's \(values.count)")
            }
            if row % 2 == 1 { values.reverse(start..<start + count) }
            start += count
        }
    }
}
