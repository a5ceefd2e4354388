// SPDX-License-Identifier: Apache-2.0
// Joins two branches until `FilterChain` asks `FilterTranslation` itself; then this file goes.

import KerchunkModel

func hdf5FilterSpec(
    id: UInt16, clientData: [UInt32], elementSize: Int
) throws(KerchunkError) -> (spec: CodecSpec, isReadableByZarr: Bool) {
    let filter = Filter(id: id, name: nil, isOptional: false, clientData: clientData)
    let translation = try FilterTranslation(filter, elementSize: elementSize)
    guard let codec = translation.codec else {
        throw KerchunkError(.unsupported, "HDF5 filter \(id) leaves bytes as they are")
    }
    return (codec, translation.isReadableByZarr)
}
