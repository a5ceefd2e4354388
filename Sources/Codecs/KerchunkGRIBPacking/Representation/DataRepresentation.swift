// SPDX-License-Identifier: Apache-2.0
// How the values of a field are packed, decoded once.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, section 5 and templates 5.x (code table 5.0).

package import KerchunkBytes

package enum DataRepresentation: Hashable, Sendable {
    /// Template 5.0; grid points of edition 1, simple packing.
    case simple(Scaling)
    /// Templates 5.2 and 5.3.
    case complex(ComplexPacking)
    /// Template 5.4; edition 1 with the flags of integers and of further flags, as ECMWF uses them. `start` is where the
    /// reals begin, counted from the start of the section with the data.
    case ieee(width: Int, start: Int)
    /// Template 5.40.
    case jpeg2000(Scaling)
    /// Template 5.41.
    case png(Scaling)
    /// Template 5.42.
    case ccsds(CCSDSPacking)
    /// Template 5.50; spherical harmonics of edition 1, simple packing. `mean` is the real part of the first coefficient.
    case spectralSimple(Scaling, mean: Double)
    /// Template 5.51; spherical harmonics of edition 1, complex packing.
    case spectralComplex(SpectralPacking)
    /// Template 5.61. `offset` is subtracted from the exponential of each value.
    case logarithmic(Scaling, offset: Double)
    /// Template 5.200.
    case runLength(RunLengthPacking)
    /// Edition 1, second-order packing; ECMWF's templates 5.50001 and 5.50002.
    case secondOrder(SecondOrderPacking)
    /// Edition 1 with a binary scale of -32767, as ECMWF writes fields that are missing as a whole.
    case allMissing
    /// What is not decoded, in words.
    case unsupported(String)

    /// R, E, D and bits, where the packing has them.
    package var scaling: Scaling? {
        switch self {
        case .simple(let scaling), .jpeg2000(let scaling), .png(let scaling), .spectralSimple(let scaling, _),
            .logarithmic(let scaling, _):
            scaling
        case .complex(let packing): packing.scaling
        case .ccsds(let packing): packing.scaling
        case .spectralComplex(let packing): packing.scaling
        case .secondOrder(let packing): packing.scaling
        case .ieee, .runLength, .allMissing, .unsupported: nil
        }
    }

    package var isSpectral: Bool {
        switch self {
        case .spectralSimple, .spectralComplex: true
        default: false
        }
    }
}

/// Section 5 of edition 2.
package struct DataRepresentationSection: Hashable, Sendable {
    /// Values in section 7, without those that a bitmap leaves out.
    package let valueCount: Int
    /// Number of the template.
    package let template: Int
    package let representation: DataRepresentation

    /// - Parameter cursor: at the start of section 5.
    package init(parsing cursor: inout ByteCursor) throws(ParseError) {
        let length = try cursor.unsigned(4)
        try cursor.skip(1)
        valueCount = try cursor.unsigned(4)
        template = try cursor.unsigned(2)
        switch template {
        case 0: representation = .simple(try Scaling(edition2: &cursor))
        case 2, 3:
            representation = .complex(try ComplexPacking(parsing: &cursor, isDifferenced: template == 3))
        case 4:
            let precision = Int(try cursor.uint8())
            switch precision {
            case 1, 2: representation = .ieee(width: 4 * precision, start: 5)
            default: representation = .unsupported("reals of precision \(precision) (code table 5.7)")
            }
        // 40000 and 40010: the numbers before the templates were adopted
        case 40, 40000: representation = .jpeg2000(try Scaling(edition2: &cursor))
        case 41, 40010: representation = .png(try Scaling(edition2: &cursor))
        case 42: representation = .ccsds(try CCSDSPacking(parsing: &cursor))
        case 50:
            let scaling = try Scaling(edition2: &cursor)
            representation = .spectralSimple(scaling, mean: try cursor.single())
        case 51: representation = .spectralComplex(try SpectralPacking(edition2: &cursor))
        case 61:
            let scaling = try Scaling(edition2: &cursor)
            representation = .logarithmic(scaling, offset: try cursor.single())
        case 200: representation = .runLength(try RunLengthPacking(parsing: &cursor, length: length))
        case 50001, 50002:
            representation = .secondOrder(
                try SecondOrderPacking(edition2: &cursor, hasFlags: template == 50002))
        case 1: representation = .unsupported("a matrix of values at each point (template 5.1)")
        default: representation = .unsupported("the packing of template 5.\(template)")
        }
    }
}

extension GRIBField {
    /// How the field is packed, and how many values that makes; nil for the number where the message does not say it.
    package var dataRepresentation: (representation: DataRepresentation, valueCount: Int?) {
        get throws(ParseError) {
            if edition == 1 {
                let decimalScale = try decimalScaleOfEdition1
                return try parse(sections.representation, "GRIB binary data section") {
                    (cursor) throws(ParseError) in
                    (try DataRepresentation(edition1: &cursor, decimalScale: decimalScale), nil)
                }
            }
            return try parse(sections.representation, "GRIB data representation section") {
                (cursor) throws(ParseError) in
                let section = try DataRepresentationSection(parsing: &cursor)
                return (section.representation, section.valueCount)
            }
        }
    }
}
