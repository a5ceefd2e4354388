// SPDX-License-Identifier: Apache-2.0
// From a header to a virtual dataset.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Translates all that a header says; small chunks of all variables are read together.
struct HeaderTranslation {
    private let header: Header
    private let layout: DataLayout
    private let source: any ByteSource
    private let placement: Placement
    private let context: ScanContext
    private var attributes = AttributeTranslator()
    private var notes: [Issue] = []

    /// Chunks of one variable that are embedded at most: each lies in a record of its own, so that each may be a
    /// request of its own.
    static let embeddedChunks: UInt64 = 10_000

    /// - Throws: where the bytes of the file exist nowhere as they are.
    init(
        _ header: Header, _ layout: DataLayout, source: any ByteSource, context: ScanContext
    ) throws {
        let placement = try source.referencedPlacement()
        self.header = header
        self.layout = layout
        self.source = source
        self.placement = placement
        self.context = context
    }

    var issues: [Issue] { attributes.issues + notes }

    mutating func translate() throws -> VirtualDataset {
        let table = SourceTable()
        var stamp = try source.stamp
        if layout.fullSize > (try source.size()) { stamp.fullSize = layout.fullSize }
        let index = table.intern(placement.url, stamp: stamp)
        var root = VirtualGroup(attributes: attributes.translate(header.attributes, of: "/"))
        let dimensionNames = header.dimensions.map { readable($0.name).name }
        var arrays = try translateVariables(dimensionNames, index)
        try embedSmallChunks(&arrays, index)
        for (name, array) in arrays { root[name] = .array(array) }
        return VirtualDataset(root: root, sources: table)
    }

    private mutating func translateVariables(
        _ dimensionNames: [String], _ index: SourceIndex
    ) throws -> [(name: String, array: VirtualArray)] {
        let translator = VariableTranslator(
            layout: layout, fileSize: try source.size(), source: index,
            placementOffset: placement.baseOffset, options: context.options, limits: context.limits)
        let selection = VariableSelection(context.options)
        var arrays: [(name: String, array: VirtualArray)] = []
        var names: Set<ExactText> = []
        for (variable, place) in zip(header.variables, layout.places) {
            try context.cancellation.check()
            let (name, changes) = readable(variable.name)
            let path = "/" + variable.name.string
            guard selection.includes(path) else { continue }
            for change in changes { note(path, change) }
            if name.isEmpty {
                note(path, "left out: a variable without a name cannot be an array")
                continue
            }
            guard names.insert(name).inserted else {
                note(path, "left out: it is a second variable of this name")
                continue
            }
            let translated = translator.translate(
                variable, place, attributes: attributes.translate(variable.attributes, of: path),
                dimensionNames: variable.dimensions.map { dimensionNames[$0] })
            for (reason, remedy) in translated.notes { note(path, reason, remedy: remedy) }
            if let reason = translated.damage {
                notes.append(
                    Issue(object: path, reason: reason, remedy: "get the whole file", isDamage: true))
            }
            if let array = translated.array { arrays.append((name, array)) }
        }
        return arrays
    }

    private func embedSmallChunks(
        _ arrays: inout [(name: String, array: VirtualArray)], _ index: SourceIndex
    ) throws {
        let chosen = arrays.indices.filter { arrays[$0].array.chunks.grid.count <= Self.embeddedChunks }
        let manifests = chosen.compactMap { arrays[$0].array.chunks as? MemoryManifest }
        guard manifests.count == chosen.count else { return }
        let embedded = try InlinePolicy(threshold: context.options.inlineThreshold, limits: context.limits)
            .apply(
                to: manifests, source: source, index: index, placementOffset: placement.baseOffset,
                cancellation: context.cancellation)
        for (number, manifest) in zip(chosen, embedded) { arrays[number].array.chunks = manifest }
    }

    // MARK: Names

    /// A name that zarr can open, and what was changed.
    private func readable(_ name: FileText) -> (name: String, changes: [String]) {
        var changes: [String] = []
        if !name.isUTF8 { changes.append("its name is not UTF-8; its bytes are shown as Latin-1") }
        let slashes = [UInt8(ascii: "/"), UInt8(ascii: "\\")]
        guard name.string.utf8.contains(where: slashes.contains) else { return (name.string, changes) }
        var escaped = ""
        for scalar in name.string.unicodeScalars {
            switch scalar {
            case "/": escaped += "%2F"
            case "\\": escaped += "%5C"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        changes.append(
            "its name has a slash or backslash, which zarr cannot open; it is \"\(escaped)\" here")
        return (escaped, changes)
    }

    private mutating func note(_ object: String, _ reason: String, remedy: String? = nil) {
        notes.append(Issue(object: object, reason: reason, remedy: remedy))
    }
}
