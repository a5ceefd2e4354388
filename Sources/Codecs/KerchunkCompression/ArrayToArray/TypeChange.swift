// SPDX-License-Identifier: Apache-2.0
// The codecs `astype` and `quantize`, of which decoding only changes the type of numbers; and `bitround`, which changes
// nothing. They lose digits when they encode, so here they only decode.
// Spec: numcodecs' AsType, Quantize and BitRound.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct TypeChange: Codec {
    static let asType = CodecEntry.numcodecs("astype", .arrayToArray) { settings throws(KerchunkError) in
        let settings = CodecSettings("astype", settings)
        return TypeChange(
            id: settings.id, type: try settings.numberType("decode_dtype"),
            storedType: try settings.numberType("encode_dtype"))
    }

    static let quantize = CodecEntry.numcodecs("quantize", .arrayToArray) { settings throws(KerchunkError) in
        let settings = CodecSettings("quantize", settings)
        let type = try settings.numberType("dtype")
        return TypeChange(
            id: settings.id, type: type, storedType: try settings.numberType("astype", else: type))
    }

    let id: String
    /// Of decoded elements.
    let type: NumberType
    /// Of stored elements.
    let storedType: NumberType

    func encodedForm(_ form: ChunkForm) -> ChunkForm {
        ChunkForm(shape: form.shape, dataType: storedType.dataType)
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        if type == storedType {
            guard stored.count <= limit else { throw .beyond(limit, id) }
            return stored
        }
        return try Numbers(stored, storedType, codec: id).bytes(type, limit: limit, codec: id)
    }

    func encode(_: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes { throw .onlyDecodes(id) }
}

struct BitRound: Codec {
    static let entry = CodecEntry.numcodecs("bitround", .arrayToArray) { _ in BitRound() }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count <= limit else { throw .beyond(limit, "bitround") }
        return stored
    }

    func encode(_: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes { throw .onlyDecodes("bitround") }
}
