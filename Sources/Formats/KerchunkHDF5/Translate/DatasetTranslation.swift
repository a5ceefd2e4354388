// SPDX-License-Identifier: Apache-2.0
// From a dataset's messages and chunk entries to the facts that an array is made of.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning

/// A dataset, and all that was found out about it before its own translation.
struct DatasetFacts: Sendable {
    /// `/group/name`.
    let path: String
    let header: DatasetHeader
    let entries: ChunkEntries
    /// One name an axis of the dataset.
    let dimensionNames: [String]
    /// The extent with unlimited axes at their dimension's length.
    let shape: [UInt64]
    /// The visible attributes, `_FillValue` among them.
    let attributes: JSONObject
    /// `_FillValue` as stored, where it has one element.
    let fillAttribute: AttributeMessage?
}

/// Translates the datasets of one file.
struct DatasetTranslator {
    let file: HDF5File
    /// Knows the paths of the file's objects.
    let values: StoredValueReader
    let options: ScanOptions
    let limits: ScanLimits
    let codecs: CodecDirectory

    init(file: HDF5File, values: StoredValueReader, in context: ScanContext) {
        self.file = file
        self.values = values
        options = context.options
        limits = context.limits
        codecs = context.codecs
    }

    func translate(
        _ variable: HierarchyTranslation.Variable, _ located: Result<LocatedDataset, any Error>,
        _ dimensions: NetCDF4Dimensions
    ) throws -> ScannedArray {
        let located = try located.get()
        let path = variable.node.path
        let fill = variable.node.object.attribute(MissingData.attribute)
        var array = try translate(
            DatasetFacts(
                path: path, header: located.header, entries: located.entries,
                dimensionNames: dimensions.names[path] ?? [],
                shape: located.shape ?? dimensions.shapes[path] ?? located.header.dataspace.dimensions,
                attributes: variable.attributes,
                fillAttribute: fill.flatMap { $0.dataspace.elementCount == 1 ? $0 : nil }))
        array.remarks = variable.remarks + located.notes.map { Remark($0) } + array.remarks
        return array
    }

    func translate(_ facts: DatasetFacts) throws -> ScannedArray {
        let isAuto = options.codecs == .auto
        var draft = try Draft(facts, options: options, codecs: isAuto ? .zarr : options.codecs)
        let filters = try FilterChain(facts, codecs: codecs)
        if isAuto, needsOurCodecs(draft, filters) {
            draft = try Draft(facts, options: options, codecs: .all)
        }
        let purpose = try purpose(draft, filters)
        // What a fill value points to is known when the chunks are read.
        let isKnown = purpose == nil || purpose == .convertIfDifferent
        var array = draft.array(
            filters, ownFill: isKnown ? try draft.ownFill(options.stringEncoding, values) : nil)
        if let purpose {
            array.conversion = ElementEmbedding(purpose, draft: draft, file: file, values: values)
        } else {
            array.remarks += draft.referenceRemarks
        }
        return array
    }

    /// Whether a variable would be left out without codecs of ours.
    private func needsOurCodecs(_ draft: Draft, _ filters: FilterChain) -> Bool {
        let isEmbeddable = draft.decodedSize <= limits.converted && filters.isDecodedHere
        if draft.elements.fidelity == .converted, draft.type != .text { return !isEmbeddable }
        return !isEmbeddable && !filters.isReadable(with: .zarr)
    }

    /// What has to be made of the chunks; nil where they are referenced.
    private func purpose(
        _ draft: Draft, _ filters: FilterChain
    ) throws(LeftOut) -> ElementEmbedding.Purpose? {
        let isSmall = draft.decodedSize <= limits.converted
        if draft.elements.fidelity == .converted {
            guard filters.isDecodedHere else { throw filters.undecodable }
            return .convert
        }
        if !filters.isReadable(with: draft.allowedCodecs) {
            guard isSmall, filters.isDecodedHere else { throw filters.unreadable }
            return .convert
        }
        if draft.elements.fidelity == .padded, isSmall, filters.isDecodedHere { return .convertIfDifferent }
        return draft.type == .text && options.stringEncoding == .encode ? .tellTexts : nil
    }
}
