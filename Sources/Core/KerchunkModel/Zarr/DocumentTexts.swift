// SPDX-License-Identifier: Apache-2.0
// The documents of a hierarchy as text, made once where arrays that follow each other have the same.

import KerchunkBytes

/// Remembers the texts of the documents that were written last.
package struct DocumentTexts {
    private var latest: (array: VirtualArray, text: [UInt8])?
    private var latestAttributes: (attributes: JSONObject, names: [String]?, text: [UInt8])?

    package init() {}

    /// The `.zarray` of `array`.
    mutating func text(_ array: VirtualArray) -> [UInt8] {
        if let latest, latest.array.hasSameDocument(as: array) { return latest.text }
        let text = Self.text(V2Documents.array(array))
        latest = (array, text)
        return text
    }

    /// The `.zattrs` of `array`. Attributes that are no copies of the last ones are not compared: equal numbers may have
    /// several texts.
    mutating func attributesText(_ array: VirtualArray) -> [UInt8] {
        if let latestAttributes, latestAttributes.attributes.isCopy(of: array.attributes),
            Self.areSame(latestAttributes.names, array.dimensionNames)
        {
            return latestAttributes.text
        }
        let text = Self.text(V2Documents.attributes(array))
        latestAttributes = (array.attributes, array.dimensionNames, text)
        return text
    }

    /// Whether both have the same bytes; equal strings may differ in them.
    private static func areSame(_ one: [String]?, _ other: [String]?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return one.count == other.count && zip(one, other).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    static func text(_ document: JSONObject) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(.object(document))
        return writer.text
    }
}

extension VirtualArray {
    fileprivate func hasSameDocument(as other: VirtualArray) -> Bool {
        if sharesMetadata(with: other) { return true }
        return shape == other.shape && chunkShape == other.chunkShape && dataType == other.dataType
            && missing == other.missing && codecs == other.codecs && hasCompressor == other.hasCompressor
    }
}

extension V2Documents {
    /// The documents of `root` and of all below it, in order, by key, as JSON text.
    package static func forEachDocument(
        of root: VirtualGroup, in texts: inout DocumentTexts, _ visit: (_ key: String, [UInt8]) throws -> Void
    ) rethrows {
        try forEachMember(of: root) { key, part in
            switch part {
            case .array(let array): try visit(key, texts.text(array))
            case .attributes(let array): try visit(key, texts.attributesText(array))
            case .other(let document): try visit(key, DocumentTexts.text(document))
            }
        }
    }
}
