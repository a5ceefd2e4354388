// SPDX-License-Identifier: Apache-2.0
// The codec `delta`: the first number, then differences; decoding only.
// Spec: numcodecs' Delta.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Delta: Codec {
    static let entry = CodecEntry.numcodecs("delta", .arrayToArray) {
        settings throws(KerchunkError) in try Delta(settings)
    }

    private static let id = "delta"
    /// Of decoded elements, in which sums are computed.
    private let type: NumberType
    /// Of stored elements.
    private let storedType: NumberType

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings(Self.id, configuration)
        type = try settings.numberType("dtype")
        storedType = try settings.numberType("astype", else: type)
        guard type.kind == .real || storedType.kind != .real else {
            throw settings.error("stores floats as differences of integers")
        }
    }

    func encodedForm(_ form: ChunkForm) -> ChunkForm {
        ChunkForm(shape: form.shape, dataType: storedType.dataType)
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        var numbers = try Numbers(stored, storedType, codec: Self.id)
        if type.kind == .real {
            // Differences are made elements of the type before they are added.
            numbers = try Numbers(
                try numbers.bytes(type, limit: limit, codec: Self.id), type, codec: Self.id)
        }
        let sums: Numbers =
            switch numbers {
            case .signed(let values): .signed(Self.sums(values, &+))
            case .unsigned(let values): .unsigned(Self.sums(values, &+))
            case .singles(let values): .singles(Self.sums(values, +))
            case .doubles(let values): .doubles(Self.sums(values, +))
            }
        return try sums.bytes(type, limit: limit, codec: Self.id)
    }

    private static func sums<Number: Numeric>(
        _ values: [Number], _ add: (Number, Number) -> Number
    ) -> [Number] {
        var sums = values
        for index in sums.indices.dropFirst() { sums[index] = add(sums[index - 1], sums[index]) }
        return sums
    }

    func encode(_: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes { throw .onlyDecodes(Self.id) }
}
