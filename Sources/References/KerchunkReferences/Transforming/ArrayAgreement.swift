// SPDX-License-Identifier: Apache-2.0
// Whether arrays can be one: what must agree, and what may differ.

package import KerchunkBytes
package import KerchunkCodecs
package import KerchunkModel

/// What two arrays disagree on, as pairs of texts.
package struct Disagreement {
    /// `shape`, `the attribute "units"`.
    package let what: String
    package let one: String
    package let other: String

    /// `"shape is [2] in a.json, but [3] in b.json"`.
    func text(_ first: String, _ second: String) -> String {
        "\(what) is \(one) in \(first), but \(other) in \(second)"
    }
}

package enum ArrayAgreement {

    /// Where metadata differ so that values would; shapes and chunks are left to the caller.
    static func disagreements(_ one: VirtualArray, _ other: VirtualArray) -> [Disagreement] {
        var found: [Disagreement] = []
        func compare(_ what: String, _ a: JSONValue, _ b: JSONValue) {
            if a != b { found.append(Disagreement(what: what, one: a.serialized(), other: b.serialized())) }
        }
        compare("the type", one.dataType.v2Name, other.dataType.v2Name)
        compare(
            "the fill value", one.missing.unwritten.json(for: one.dataType),
            other.missing.unwritten.json(for: other.dataType)
        )
        compare("the list of dimensions", names(one), names(other))
        for name in ValueAttributes.all {
            compare(
                "the attribute \"\(name)\"", one.attributes[name] ?? .null, other.attributes[name] ?? .null)
        }
        return found
    }

    /// Where chunks of one array would not decode as those of the other.
    /// - Parameter directory: knows which settings matter to encoding only.
    package static func codecDisagreement(
        _ one: VirtualArray, _ other: VirtualArray, _ directory: CodecDirectory
    ) -> Disagreement? {
        if one.codecs == other.codecs { return nil }
        if one.codecs.map(directory.decodingPart) == other.codecs.map(directory.decodingPart) { return nil }
        return Disagreement(
            what: "the list of codecs", one: JSONValue.array(one.codecs.map(\.json)).serialized(),
            other: JSONValue.array(other.codecs.map(\.json)).serialized())
    }

    /// Names of attributes that differ and do not change values.
    package static func otherAttributes(_ one: JSONObject, _ other: JSONObject) -> [String] {
        (one.names + other.names.filter { one[$0] == nil }).filter {
            !ValueAttributes.all.contains($0) && one[$0] != other[$0]
        }
    }

    private static func names(_ array: VirtualArray) -> JSONValue {
        array.dimensionNames.map { .array($0.map { .string($0) }) } ?? .null
    }
}
