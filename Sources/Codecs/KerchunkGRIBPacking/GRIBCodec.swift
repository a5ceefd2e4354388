// SPDX-License-Identifier: Apache-2.0
// The codecs `grib`, as kerchunk writes it, and `swift_kerchunk.grib`, which can also name a field of a message.
// Settings: docs/codecs.md.

import KerchunkBytes
public import KerchunkCodecs
import KerchunkModel

/// A whole message as the chunk of an array.
struct GRIBCodec: Codec {
    static let entry = CodecEntry(
        "grib", .arrayToBytes, "A GRIB message, of which the values of the first field are decoded.",
        v3Name: .same("grib"), reader: .ours(class: "GRIBCodec")
    ) { settings throws(KerchunkError) in try GRIBCodec("grib", settings) }

    static let fieldEntry = CodecEntry(
        "swift_kerchunk.grib", .arrayToBytes, "A GRIB message, of which the values of one field are decoded.",
        v3Name: .same("swift_kerchunk.grib"), reader: .ours(class: "GRIBField")
    ) { settings throws(KerchunkError) in try GRIBCodec("swift_kerchunk.grib", settings) }

    private enum Content { case values, latitudes, longitudes }

    private let id: String
    private let content: Content
    /// nil: the type of the array, else what kerchunk takes.
    private let type: DataType?
    private let fieldIndex: Int
    private let rows: FieldDecoder.RowOrder

    init(_ id: String, _ settings: JSONObject) throws(KerchunkError) {
        self.id = id
        func error(_ problem: String) -> KerchunkError {
            KerchunkError(.malformed, "codec \"\(id)\" \(problem)")
        }
        switch settings["var"] {
        case .string("latitude"): content = .latitudes
        case .string("longitude"): content = .longitudes
        case .string, nil, .null: content = .values
        default: throw error("has a \"var\" that is no text")
        }
        switch settings["dtype"] {
        case nil, .null: type = nil
        case .string(let text): type = try GRIBCodec.type(named: text, error)
        default: throw error("has a \"dtype\" that is no text")
        }
        guard id != "grib" else {
            fieldIndex = 0
            rows = .turned
            return
        }
        switch settings["field"] {
        case nil, .null: fieldIndex = 0
        case .number(.integer(let index)):
            guard let index = Int(exactly: index), index >= 0 else {
                throw error("has \"field\" \(index), expected 0 or more")
            }
            fieldIndex = index
        default: throw error("has a \"field\" that is no integer")
        }
        switch settings["rows"] {
        case nil, .null: rows = .turned
        case .string(let text):
            guard let order = FieldDecoder.RowOrder(rawValue: text) else {
                throw error("has \"rows\" \"\(text)\", expected \"turned\" or \"stored\"")
            }
            rows = order
        default: throw error("has \"rows\" that are no text")
        }
    }

    /// `float64` and `float32`, as kerchunk writes them, or as Zarr does: `<f8`.
    private static func type(
        named name: String, _ error: (String) -> KerchunkError
    ) throws(KerchunkError) -> DataType {
        switch name {
        case "float64": return .float(width: 8, .little)
        case "float32": return .float(width: 4, .little)
        default:
            guard let type = try? DataType(v2Name: .string(name)), case .float(let width, _) = type, width > 2
            else { throw error("has \"dtype\" \"\(name)\", expected \"float64\" or \"float32\"") }
            return type
        }
    }

    func decode(_ stored: Bytes, as form: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        // Without a type kerchunk gives reals of 8 bytes for coordinates, of 4 for values.
        let usual = DataType.float(width: content == .values ? 4 : 8, .little)
        guard case .float(let width, let order) = form?.dataType ?? type ?? usual, width > 2 else {
            throw KerchunkError(
                .unsupported, "cannot decode \(id): its elements are no reals of 4 or 8 bytes")
        }
        if case .float(let named, _)? = type, named != width {
            throw KerchunkError(
                .malformed,
                "cannot decode \(id): its \"dtype\" has \(named) bytes, the array's elements have \(width)")
        }
        let message = try parsing { () throws(ParseError) in try GRIBMessage(stored) }
        guard let field = message.field(fieldIndex) else {
            throw KerchunkError(
                .malformed,
                "cannot decode \(id): there is no field \(fieldIndex), the message has \(message.sections.count)"
            )
        }
        func check(_ count: Int) throws(KerchunkError) {
            guard let form, checkedProduct(form.shape) != UInt64(count) else { return }
            throw KerchunkError(
                .malformed,
                "cannot decode \(id): the message has \(count) values, the chunk \(form.shape.map(String.init).joined(separator: " × "))"
            )
        }
        if content == .values {
            let decoder = try FieldDecoder(field)
            try check(decoder.valueCount)
            return try decoder.bytes(width: width, isBigEndian: order == .big, rows: rows, limit: limit)
        }
        let coordinates = try GridCoordinates(field)
        try check(coordinates.pointCount)
        return try coordinates.bytes(
            content == .latitudes ? .latitude : .longitude, width: width, isBigEndian: order == .big,
            limit: limit)
    }

    func encode(_: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        throw KerchunkError(.unsupported, "cannot encode \(id): only decoding is supported")
    }
}

/// What `CodecDirectory` needs.
public enum BuiltinGRIBPacking {
    /// A line a codec.
    public static let entries: [CodecEntry] = [GRIBCodec.entry, GRIBCodec.fieldEntry]
}
