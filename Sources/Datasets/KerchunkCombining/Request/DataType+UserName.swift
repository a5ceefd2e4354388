// SPDX-License-Identifier: Apache-2.0
// Types as numpy's users write them.

import KerchunkBytes
package import KerchunkModel

extension DataType {
    private static let longNames = [
        "bool": "b1", "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8", "int": "i8", "uint8": "u1",
        "uint16": "u2", "uint32": "u4", "uint64": "u8", "float32": "f4", "float64": "f8", "float": "f8",
        "str": "U", "datetime64[ns]": "M8[ns]", "datetime64[us]": "M8[us]", "datetime64[ms]": "M8[ms]",
        "datetime64[s]": "M8[s]",
    ]

    /// The type that `text` names: `i4`, `<f8`, `M8[ns]`, `U` for texts of any length.
    package init(userName text: String) throws(KerchunkError) {
        let text = Self.longNames[text] ?? text
        let hasOrder = text.first.map { "<>|=".contains($0) } ?? false
        var name = hasOrder ? text : (text.hasPrefix("S") || text.hasSuffix("1") ? "|" : "<") + text
        if name.hasPrefix("=") { name = "<" + name.dropFirst() }
        if name.hasSuffix("S") || name.hasSuffix("U") { name += "0" }
        do {
            self = try DataType(v2Name: .string(name))
        } catch {
            throw KerchunkError(.usage, "\"\(text)\" is not a dtype such as i4, f8, M8[ns], S10 or U")
        }
    }
}
