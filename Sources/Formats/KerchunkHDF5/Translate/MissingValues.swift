// SPDX-License-Identifier: Apache-2.0
// The last step of a variable: what is known of its missing data. HDF5's own fill value is what was never written, netCDF's
// attribute `_FillValue` is what is masked.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning

extension Draft {
    /// - Parameter ownFill: HDF5's own fill value in Zarr's form, of text its UTF-8; nil for zeros and empty text.
    func missing(ownFill: Bytes?) -> MissingData {
        let masked = facts.attributes[MissingData.attribute].flatMap { attributeElement($0) }
        return MissingData(
            unwritten: ownFill.map { FillValue(element: $0, of: type) } ?? .zero(of: type),
            masked: masked.map { .value(FillValue(element: $0, of: type)) } ?? .attribute)
    }

    /// HDF5's own fill value in the array's type, of text its UTF-8; nil for zeros and empty text.
    /// - Parameter reader: knows what the fill value points to.
    func ownFill(_ encoding: HDF5Scanner.StringEncoding, _ reader: StoredValueReader) throws -> Bytes? {
        guard let element = facts.storedFill else { return nil }
        if elementConversion.isCopy { return element }
        if case .text = elementConversion {
            switch encoding {
            case .leave: return element
            case .null: return nil
            case .encode, .embed: if !facts.hasGaps { return nil }
            }
        }
        let conversion = ElementTranslation(type: type, conversion: elementConversion, fidelity: .converted)
        let converter = try ElementConverter(
            conversion, storedSize: facts.header.datatype.withoutArrays.base.size, chunks: [element],
            reader: reader)
        let converted = try converter.element(element)
        return type.isObject || converted.count == type.size ? converted : nil
    }

    /// The `_FillValue` attribute as an element of the array; nil where it is none.
    private func attributeElement(_ json: JSONValue) -> Bytes? {
        guard let attribute = facts.fillAttribute else { return nil }
        if elementConversion.isCopy, attribute.datatype == facts.header.datatype,
            attribute.value.count == type.size
        {
            return attribute.value
        }
        switch type {
        case .text: return json.string.map { Bytes(Array($0.utf8)) }
        case .fixedBytes(let length):
            // netCDF's characters: xarray masks by one character, never by longer text.
            guard case .string(1, _, _) = attribute.datatype, case .string = elementConversion,
                length > 0
            else { return nil }
            return Bytes(attribute.value.array.prefix(1) + [UInt8](repeating: 0, count: length - 1))
        default: return type.element(json)
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
