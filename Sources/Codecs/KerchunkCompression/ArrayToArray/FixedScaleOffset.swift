// SPDX-License-Identifier: Apache-2.0
// The codec `fixedscaleoffset`: numbers as integers after a subtraction and a multiplication; decoding only.
// Spec: numcodecs' FixedScaleOffset, in the arithmetic of numpy 2.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct FixedScaleOffset: Codec {
    static let entry = CodecEntry.numcodecs("fixedscaleoffset", .arrayToArray) {
        settings throws(KerchunkError) in try FixedScaleOffset(settings)
    }

    private static let id = "fixedscaleoffset"
    private let scale: Double
    private let offset: Double
    /// Of decoded elements.
    private let type: NumberType
    /// Of stored elements.
    private let storedType: NumberType

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings(Self.id, configuration)
        scale = try settings.real("scale")
        offset = try settings.real("offset")
        type = try settings.numberType("dtype")
        storedType = try settings.numberType("astype", else: type)
    }

    func encodedForm(_ form: ChunkForm) -> ChunkForm {
        ChunkForm(shape: form.shape, dataType: storedType.dataType)
    }

    /// Integers become doubles; floats are computed in their own width.
    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        let numbers: Numbers =
            switch try Numbers(stored, storedType, codec: Self.id) {
            case .signed(let values): .doubles(values.map { Double($0) / scale + offset })
            case .unsigned(let values): .doubles(values.map { Double($0) / scale + offset })
            case .doubles(let values): .doubles(values.map { $0 / scale + offset })
            case .singles(let values): .singles(values.map { $0 / Float(scale) + Float(offset) })
            }
        return try numbers.bytes(type, limit: limit, codec: Self.id)
    }

    func encode(_: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes { throw .onlyDecodes(Self.id) }
}
