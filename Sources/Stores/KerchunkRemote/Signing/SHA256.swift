// SPDX-License-Identifier: Apache-2.0
// SHA-256 by OpenSSL, and keyed hashes on top of it.
// Spec: FIPS 180-4; RFC 2104 "HMAC".

import CCrypto
import KerchunkBytes

enum SHA256 {
    /// Bytes of a hash.
    static let size = 32
    /// Bytes that the function takes in at once.
    private static let block = 64

    static func hash(_ bytes: Bytes) -> [UInt8] {
        var context = SHA256_CTX()
        var result = [UInt8](repeating: 0, count: size)
        // SAFETY: the context lives on this stack, the result has the 32 bytes that are written, and the bytes are used
        // during the call only.
        _ = unsafe SHA256_Init(&context)
        _ = unsafe bytes.withUnsafeBytes { unsafe SHA256_Update(&context, $0.baseAddress, $0.count) }
        _ = unsafe SHA256_Final(&result, &context)
        return result
    }

    static func hash(_ text: String) -> [UInt8] { hash(Bytes(text)) }

    /// Hash of `text` with `key`.
    static func authenticationCode(_ text: String, key: [UInt8]) -> [UInt8] {
        var key = key.count > block ? hash(Bytes(key)) : key
        key += Array(repeating: 0, count: block - key.count)
        let inner = hash(Bytes(key.map { $0 ^ 0x36 } + Array(text.utf8)))
        return hash(Bytes(key.map { $0 ^ 0x5C } + inner))
    }
}
