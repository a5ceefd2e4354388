// SPDX-License-Identifier: Apache-2.0
// Names of objects and values of queries in URLs, as signatures want them.
// Spec: RFC 3986, 2.3 "Unreserved Characters".

import KerchunkBytes

/// `text` with all but unreserved characters as `%XX`.
/// - Parameter keepsSlash: for paths.
package func uriEncoded(_ text: String, keepsSlash: Bool = false) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        case UInt8(ascii: "/") where keepsSlash: bytes.append(byte)
        default:
            bytes.append(UInt8(ascii: "%"))
            bytes += Bytes([byte]).hexadecimal.uppercased().utf8
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// A query of `items`: encoded, sorted, without the question mark. Items without a value end with `=`.
package func queryText(_ items: [(name: String, value: String)]) -> String {
    sortedQuery(items.map { (uriEncoded($0.name), uriEncoded($0.value)) })
}

/// Encoded items in the order of their names, then of their values.
func sortedQuery(_ items: [(name: String, value: String)]) -> String {
    items.sorted { ($0.name, $0.value) < ($1.name, $1.value) }.map { $0.name + "=" + $0.value }.joined(
        separator: "&")
}
