// SPDX-License-Identifier: Apache-2.0
// What decoding a field says when it fails.

import KerchunkBytes
import KerchunkModel

extension KerchunkError {
    /// Numbers of a message that contradict each other, or bytes that are not there.
    static func malformedField(_ problem: String) -> KerchunkError {
        KerchunkError(.malformed, "malformed GRIB field: \(problem)")
    }

    /// A packing or grid that is not decoded.
    static func unsupportedField(_ problem: String) -> KerchunkError {
        KerchunkError(.unsupported, "cannot decode the GRIB field: \(problem)")
    }

    /// A field of more values than the caller allows.
    static func fieldBeyond(_ limit: Int, _ count: Int) -> KerchunkError {
        KerchunkError(
            .limit,
            "cannot decode the GRIB field: \(count) values are more than the \(limit) bytes that it may have")
    }
}

/// `body`, with its error as one of ours.
func parsing<R>(_ body: () throws(ParseError) -> R) throws(KerchunkError) -> R {
    do { return try body() } catch { throw KerchunkError(error) }
}
