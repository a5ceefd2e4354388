// SPDX-License-Identifier: Apache-2.0
// Makes Zarr's elements from stored ones.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// Applies an element translation to decoded chunks of one dataset.
struct ElementConverter {
    private let reader: StoredValueReader
    private let conversion: ElementConversion
    /// The type of the new elements; text inside structures has a fixed length here.
    let type: DataType
    /// Bytes of one stored element.
    private let storedSize: Int
    /// For each text inside a structure, in order: bytes of the longest one.
    private let textLengths: [Int]

    /// - Parameter chunks: all stored elements, decoded; texts inside structures are measured in them.
    init(
        _ translation: ElementTranslation, storedSize: Int, chunks: [Bytes], reader: StoredValueReader
    ) throws(ParseError) {
        self.reader = reader
        self.storedSize = storedSize
        conversion = translation.conversion
        if case .structure(let fields) = translation.type, fields.contains(where: { $0.type.isObject }) {
            var lengths: [Int] = []
            for chunk in chunks {
                for start in stride(from: 0, to: chunk.count - chunk.count % storedSize, by: storedSize) {
                    var index = 0
                    try Self.measure(
                        chunk[start..<start + storedSize], conversion, reader, &lengths, &index)
                }
            }
            textLengths = lengths
            var index = 0
            type = .structure(
                fields.map { field in
                    guard field.type.isObject else { return field }
                    index += 1
                    let length = index <= lengths.count ? lengths[index - 1] : 1
                    return DataType.Field(name: field.name, type: .fixedBytes(length: max(1, length)))
                })
        } else {
            textLengths = []
            type = translation.type
        }
    }

    /// The elements of one decoded chunk, in Zarr's form; text as the container that `vlen-utf8` reads.
    func convert(_ chunk: Bytes) throws -> Bytes {
        guard storedSize > 0, chunk.count % storedSize == 0 else {
            throw ParseError("\(chunk.count) bytes are not a whole number of elements", in: "chunk", at: 0)
        }
        let count = chunk.count / storedSize
        if case .text(let type) = conversion {
            var texts: [[UInt8]] = []
            texts.reserveCapacity(count)
            for index in 0..<count {
                texts.append(
                    try Self.text(chunk[index * storedSize..<(index + 1) * storedSize], type, reader))
            }
            return try TextContainer.bytes(of: texts)
        }
        var converted: [UInt8] = []
        converted.reserveCapacity(count * type.size)
        for index in 0..<count {
            var textIndex = 0
            try append(
                chunk[index * storedSize..<(index + 1) * storedSize], conversion, to: &converted,
                textIndex: &textIndex)
        }
        return Bytes(converted)
    }

    /// One stored element in Zarr's form; text as its UTF-8.
    func element(_ stored: Bytes) throws -> Bytes {
        if case .text(let type) = conversion { return Bytes(try Self.text(stored, type, reader)) }
        return try convert(stored)
    }

    private func append(
        _ element: Bytes, _ conversion: ElementConversion, to converted: inout [UInt8], textIndex: inout Int
    ) throws(ParseError) {
        switch conversion {
        case .copy(let size): converted += element[0..<size].array
        case .integer(let layout, let width):
            converted.append(layout.bits(element), width: width, layout.isBigEndian ? .big : .little)
        case .float(let layout, let width):
            let (value, isExact) = layout.double(element)
            guard isExact else {
                throw ParseError(
                    "a number that 64 bits cannot hold exactly", in: "floating-point value", at: 0)
            }
            guard
                let format = NumberFormat(
                    .real, width: width, layout.byteLayout == .big ? .big : .little)
            else { throw ParseError("a width of \(width) bytes", in: "floating-point value", at: 0) }
            converted.append(format.bits(nearest: value), width: width, format.order)
        case .string(let size, let padding):
            let text = unpadded(element[0..<size], padding).array
            converted += text
            converted += [UInt8](repeating: 0, count: size - text.count)
        case .text(let type):
            let length = textIndex < textLengths.count ? max(1, textLengths[textIndex]) : 1
            textIndex += 1
            let text = try Self.text(element, type, reader).prefix(length)
            converted += text
            converted += [UInt8](repeating: 0, count: length - text.count)
        case .parts(let parts):
            for part in parts {
                try append(
                    element[part.offset..<part.offset + part.storedSize], part.conversion, to: &converted,
                    textIndex: &textIndex)
            }
        }
    }

    /// Raises `lengths` to what the texts of `element` need.
    private static func measure(
        _ element: Bytes, _ conversion: ElementConversion, _ reader: StoredValueReader,
        _ lengths: inout [Int],
        _ index: inout Int
    ) throws(ParseError) {
        switch conversion {
        case .text(let type):
            if index == lengths.count { lengths.append(0) }
            lengths[index] = max(lengths[index], try text(element, type, reader).count)
            index += 1
        case .parts(let parts):
            for part in parts {
                try measure(
                    element[part.offset..<part.offset + part.storedSize], part.conversion, reader, &lengths,
                    &index)
            }
        default: break
        }
    }

    private static func text(
        _ element: Bytes, _ type: Datatype, _ reader: StoredValueReader
    ) throws(ParseError) -> [UInt8] {
        var reductions: Set<StoredValueReader.Reduction> = []
        let value = try reader.json(element, type, &reductions)
        return Array((value.string ?? value.serialized()).utf8)
    }
}
