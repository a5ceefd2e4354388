// SPDX-License-Identifier: Apache-2.0
// Options of a scan as JSON: as callers give them, and as what was scanned is known by later.

package import KerchunkBytes
package import KerchunkModel

extension ScanOptions {
    /// Names of options that all formats share. Those of saving are among them: a scan is shown as it will be saved.
    package static let sharedNames = [
        "inline_threshold", "max_chunk_size", "codecs", "zarr_format", "fill_limit", "follow_external",
        "salvage", "group", "include", "exclude", "allow_unmatched",
    ]

    /// - Parameter declared: options that formats have of their own. One that only other formats have than that of the file is
    ///   passed over.
    /// - Throws: kind `usage` for an option that no format has, and for a value of the wrong type.
    package init(
        json members: JSONObject, declared: [any DeclaredOption]
    ) throws(KerchunkError) {
        self.init()
        let reader = OptionMembers(members)
        try reader.checkNames(Self.sharedNames + declared.map(\.name), of: "scan")
        for option in declared {
            if let value = reader.value(option.name) { try set(option, value) }
        }
        allowsUnmatchedNames = try reader.flag("allow_unmatched") ?? false
        inlineThreshold = try reader.integer("inline_threshold", in: 0...UInt64.max) ?? inlineThreshold
        maximumChunkSize = try reader.integer("max_chunk_size", in: 1...UInt64.max)
        codecs = try reader.choice("codecs", CodecSet.self) ?? codecs
        followsExternal = try reader.flag("follow_external") ?? followsExternal
        salvages = try reader.flag("salvage") ?? salvages
        group = try reader.string("group") ?? group
        included = try reader.strings("include") ?? []
        excluded = try reader.strings("exclude") ?? []
    }

    /// All options, and of those that formats declare the values that are not the standard ones: equal for equal options, in
    /// every process.
    package var json: JSONObject {
        var json: JSONObject = [
            "inline_threshold": .integer(inlineThreshold),
            "max_chunk_size": maximumChunkSize.map { .integer($0) } ?? .null,
            "codecs": .string(codecs.rawValue), "follow_external": .bool(followsExternal),
            "salvage": .bool(salvages), "group": .string(group), "include": .strings(included),
            "exclude": .strings(excluded), "allow_unmatched": .bool(allowsUnmatchedNames),
        ]
        for (name, value) in declaredValues { json[name] = value }
        return json
    }
}
