// SPDX-License-Identifier: Apache-2.0
// Data types as Zarr v3 names them.
// Spec: Zarr core v3, "Data types"; names beyond the core as zarr-python 3.1 registers them.

public import KerchunkBytes

extension DataType {
    /// The `data_type` of a `zarr.json`; the byte order stands in the codec `bytes`.
    /// - Throws: kind `unsupported` for what Zarr v3 cannot say.
    public func v3Name() throws(KerchunkError) -> JSONValue {
        switch self {
        case .bool: return "bool"
        case .integer(let isSigned, let width, _):
            return .string((isSigned ? "int" : "uint") + "\(8 * width)")
        case .float(let width, _): return .string("float\(8 * width)")
        case .complex(let width, _): return .string("complex\(8 * width)")
        case .datetime(let unit, _): return Self.ticks("numpy.datetime64", unit)
        case .timedelta(let unit, _): return Self.ticks("numpy.timedelta64", unit)
        case .fixedBytes(let length):
            return Self.named("null_terminated_bytes", ["length_bytes": .integer(length)])
        case .fixedText: return Self.named("fixed_length_utf32", ["length_bytes": .integer(size)])
        case .raw(let length): return Self.named("raw_bytes", ["length_bytes": .integer(length)])
        case .text: return "string"
        case .object: throw KerchunkError(.unsupported, "Zarr v3 has no data type for objects")
        case .structure(let fields):
            var parts: [JSONValue] = []
            for field in fields {
                guard field.shape.isEmpty else {
                    throw KerchunkError(
                        .unsupported, "Zarr v3 has no data type for the array member \"\(field.name)\"")
                }
                // No codec turns the bytes of single fields.
                if field.type.byteOrder == .big, field.type.hasByteOrder {
                    throw KerchunkError(
                        .unsupported, "Zarr v3 has no data type for the big-endian field \"\(field.name)\"")
                }
                parts.append([.string(field.name), try field.type.v3Name()])
            }
            return Self.named("structured", ["fields": .array(parts)])
        }
    }

    private static func named(_ name: String, _ configuration: JSONObject) -> JSONValue {
        ["name": .string(name), "configuration": .object(configuration)]
    }

    /// numpy's unit `25s` as unit and factor.
    private static func ticks(_ name: String, _ unit: String) -> JSONValue {
        let digits = unit.prefix { $0.isASCII && $0.isNumber }
        let bare = unit.dropFirst(digits.count)
        return named(
            name,
            [
                "unit": .string(bare.isEmpty ? "generic" : String(bare)),
                "scale_factor": .integer(Int64(digits) ?? 1),
            ])
    }

    /// Whether the byte order of an element matters.
    package var hasByteOrder: Bool {
        switch self {
        case .integer(_, let width, _): width > 1
        case .float, .complex, .datetime, .timedelta, .fixedText: true
        case .bool, .fixedBytes, .raw, .structure, .text, .object: false
        }
    }

    /// Little for types without one.
    package var byteOrder: ByteOrder {
        switch self {
        case .integer(_, _, let order), .float(_, let order), .complex(_, let order), .datetime(_, let order),
            .timedelta(_, let order), .fixedText(_, let order):
            order
        case .bool, .fixedBytes, .raw, .structure, .text, .object: .little
        }
    }
}
