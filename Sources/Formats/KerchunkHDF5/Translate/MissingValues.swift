// SPDX-License-Identifier: Apache-2.0
// The last step of a variable: what is known of its missing data. HDF5's own fill value is what was never written, netCDF's
// attribute `_FillValue` is what is masked.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning

extension DatasetTranslator {
    func finish(_ draft: Draft) throws -> TranslatedDataset {
        var draft = draft
        guard let grid = ChunkGrid(covering: draft.shape, by: draft.chunkShape) else {
            throw LeftOut("its chunks cannot be counted")
        }
        draft.manifest = draft.manifest.moved(to: grid)
        let json = draft.facts.attributes[MissingData.attribute]
        let masked = json.flatMap { attributeElement(draft, $0) }
        var attributes = draft.facts.attributes
        let missing: MissingData
        let missingCount = grid.count - UInt64(draft.manifest.manifest.presentCount)
        if missingCount > 0, draft.facts.entries.cutCount > 0 {
            let mark = try lostMark(&draft, masked: masked, missing: missingCount)
            missing = masked == nil ? .masking(mark) : MissingData(unwritten: mark, masked: .value(mark))
            if masked == nil { attributes[MissingData.attribute] = nil }
        } else {
            let own = try ownFillElement(draft)
            missing = MissingData(
                unwritten: own.map { FillValue(element: $0, of: draft.type) } ?? .zero(of: draft.type),
                masked: masked.map { .value(FillValue(element: $0, of: draft.type)) } ?? .attribute)
        }
        let array = VirtualArray(
            shape: draft.shape, chunkShape: draft.chunkShape, dataType: draft.type, missing: missing,
            codecs: draft.codecs, attributes: attributes, dimensionNames: draft.dimensionNames,
            chunks: draft.manifest)
        return TranslatedDataset(array: array, issues: draft.issues)
    }

    /// Lets chunks that are lost read as missing. Those that were never written do so, too: the fill value in their place
    /// cannot be told from one that stands for what is lost.
    /// - Throws: `LeftOut` where nothing can show that they are missing.
    private func lostMark(
        _ draft: inout Draft, masked: Bytes?, missing: UInt64
    ) throws -> FillValue {
        let cut = draft.facts.entries.cutCount
        let words = "\(cut) of its chunks lie behind the end of the file"
        let lost: LostChunks? =
            if let masked { LostChunks(fill: masked) } else {
                LostChunks(draft.type, attributes: draft.facts.attributes)
            }
        switch draft.type {
        case .float, .integer: break
        // xarray masks characters by no fill value that is a text, and the rest by none.
        default: throw LeftOut("\(words); \(LostChunks.unmarkable)")
        }
        guard let lost else { throw LeftOut("\(words); \(LostChunks.unmarkable)") }
        let unwritten = missing > cut ? ", as do \(missing - cut) that were never written" : ""
        draft.noteDamage("\(words); they are missing, and read \(lost.reading)\(unwritten)")
        return .element(lost.mark)
    }

    /// HDF5's own fill value in the array's type, of text its UTF-8; nil for zeros and empty text.
    private func ownFillElement(_ draft: Draft) throws -> Bytes? {
        if draft.isConverted { return draft.ownFill }
        guard let element = draft.facts.storedFill else { return nil }
        if draft.elementConversion.isCopy { return element }
        if case .text = draft.elementConversion {
            switch options.stringEncoding {
            case .leave: return element
            case .null: return nil
            case .encode, .embed: if !draft.facts.hasGaps { return nil }
            }
        }
        let conversion = ElementTranslation(
            type: draft.elements.type, conversion: draft.elementConversion, fidelity: .converted)
        let base = draft.facts.header.datatype.withoutArrays.base
        let converter = try ElementConverter(
            conversion, storedSize: base.size, chunks: [element],
            reader: try withPointedValues([element], base))
        let converted = try converter.element(element)
        return draft.type.isObject || converted.count == draft.type.size ? converted : nil
    }

    /// The `_FillValue` attribute as an element of the array; nil where it is none.
    private func attributeElement(_ draft: Draft, _ json: JSONValue) -> Bytes? {
        guard let attribute = draft.facts.fillAttribute else { return nil }
        if draft.elementConversion.isCopy, attribute.datatype == draft.facts.header.datatype,
            attribute.value.count == draft.type.size
        {
            return attribute.value
        }
        switch draft.type {
        case .text: return json.string.map { Bytes(Array($0.utf8)) }
        case .fixedBytes(let length):
            // netCDF's characters: xarray masks by one character, never by longer text.
            guard case .string(1, _, _) = attribute.datatype, case .string = draft.elementConversion,
                length > 0
            else { return nil }
            return Bytes(attribute.value.array.prefix(1) + [UInt8](repeating: 0, count: length - 1))
        default: return draft.type.element(json)
        }
    }
}

extension DatasetFacts {
    /// HDF5's own fill value as stored, one element; nil for zeros.
    var storedFill: Bytes? {
        let size = header.datatype.withoutArrays.base.size
        guard case .element(let stored) = header.fillValue.value, size > 0, stored.count >= size else {
            return nil
        }
        let element = Bytes(stored[0..<size])
        return element.array.contains { $0 != 0 } ? element : nil
    }

    /// Whether elements are shown that no chunk holds.
    var hasGaps: Bool {
        shape != header.dataspace.dimensions
            || UInt64(entries.manifest.manifest.presentCount) < entries.manifest.grid.count
    }

    /// The stored elements of the chunk at `position`, those behind the dataset's own extent being its fill value: chunks may
    /// hold anything there, and the shape may reach further.
    func replacingBeyondExtent(_ chunk: Bytes, at position: UInt64) -> Bytes {
        let extent = header.dataspace.dimensions
        guard shape != extent, case .chunked(let layout) = header.layout, shape.count == extent.count,
            let box = ChunkGrid(shape: layout.chunkShape), header.datatype.size > 0
        else { return chunk }
        // Elements of the chunk along each axis that the extent holds.
        let held = zip(zip(entries.manifest.grid.coordinates(of: position), layout.chunkShape), extent).map {
            axis, length in
            let origin = axis.0.multiplied(by: axis.1) ?? .max
            return length > origin ? min(length - origin, axis.1) : 0
        }
        let size = header.datatype.size
        guard held != layout.chunkShape, box.count <= UInt64(chunk.count / size) else { return chunk }
        let fill = storedFill ?? Bytes([UInt8](repeating: 0, count: header.datatype.withoutArrays.base.size))
        let element = Bytes(repeating: fill, count: max(1, size / max(1, fill.count))).array
        var bytes = chunk.array
        var walk = GridWalk(layout.chunkShape)
        for number in 0..<box.count {
            defer { walk.advance() }
            if walk.coordinates.indices.allSatisfy({ walk.coordinates[$0] < held[$0] }) { continue }
            bytes.replaceSubrange(Int(number) * size..<(Int(number) + 1) * size, with: element)
        }
        return Bytes(bytes)
    }
}
