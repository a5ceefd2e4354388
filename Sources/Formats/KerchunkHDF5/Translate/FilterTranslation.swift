// SPDX-License-Identifier: Apache-2.0
import KerchunkModel
struct FilterTranslation { let spec: CodecSpec; let isReadableByZarr: Bool }
func hdf5FilterSpec(id: UInt16, clientData: [UInt32], elementSize: Int) throws(KerchunkError) -> FilterTranslation { throw KerchunkError(.unsupported, "stub") }
