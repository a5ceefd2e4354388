// SPDX-License-Identifier: Apache-2.0
// What codecs say when they fail.

import KerchunkModel

extension KerchunkError {
    /// Bytes that `codec` did not write.
    static func undecodable(_ codec: String, _ problem: String) -> KerchunkError {
        KerchunkError(.malformed, "cannot decode \(codec): \(problem)")
    }

    /// Decoded bytes that would be more than the caller allows.
    static func beyond(_ limit: Int, _ codec: String) -> KerchunkError {
        KerchunkError(
            .limit, "cannot decode \(codec): the result exceeds \(limit) bytes, the size of a chunk")
    }

    /// A codec that only decodes.
    static func onlyDecodes(_ codec: String) -> KerchunkError {
        KerchunkError(.unsupported, "cannot encode \(codec): only decoding is supported")
    }

    /// Bytes that `codec` cannot hold.
    static func unencodable(_ codec: String, _ problem: String) -> KerchunkError {
        KerchunkError(.unsupported, "cannot encode \(codec): \(problem)")
    }
}
