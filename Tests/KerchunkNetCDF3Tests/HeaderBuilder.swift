// SPDX-License-Identifier: Apache-2.0
// Headers of netCDF-3 files, written entry by entry.

import KerchunkBytes
import KerchunkTestKit

@testable import KerchunkNetCDF3

/// A file in the making: what the header says, and how many bytes of data follow.
struct HeaderBuilder {
    var version = HeaderVersion.classic
    var records: UInt64 = 0
    var dimensions: [(name: String, length: UInt64)] = []
    var attributes: [Attribute] = []
    var variables: [Variable] = []
    /// Where data begins; the header must end before.
    var start = 512

    struct Attribute {
        var name: String
        var type = ElementType.char
        /// Elements that the header claims; nil for as many as there are.
        var count: UInt64?
        var values: [UInt8]

        init(_ name: String, _ type: ElementType, _ values: [UInt8]) {
            (self.name, self.type, self.values) = (name, type, values)
        }

        /// Text.
        init(_ name: String, _ text: [UInt8]) {
            (self.name, self.values) = (name, text)
        }
    }

    struct Variable {
        var name: String
        var dimensions: [UInt64]
        var type = ElementType.int
        var begin: UInt64
        var attributes: [Attribute] = []
        var statedSize: UInt64 = 0

        init(
            _ name: String, _ dimensions: [UInt64], _ type: ElementType = .int, at begin: UInt64,
            attributes: [Attribute] = []
        ) {
            (self.name, self.dimensions, self.type, self.begin) = (name, dimensions, type, begin)
            self.attributes = attributes
        }
    }

    var header: [UInt8] {
        var builder = ByteBuilder()
        builder.raw(version.signature)
        count(records, &builder)
        list(10, dimensions, &builder) { dimension, builder in
            name(dimension.name, &builder)
            count(dimension.length, &builder)
        }
        list(12, attributes, &builder, attribute)
        list(11, variables, &builder) { variable, builder in
            name(variable.name, &builder)
            count(UInt64(variable.dimensions.count), &builder)
            for number in variable.dimensions { count(number, &builder) }
            list(12, variable.attributes, &builder, attribute)
            bigEndian(UInt64(variable.type.rawValue), 4, &builder)
            count(variable.statedSize, &builder)
            bigEndian(variable.begin, version.offsetWidth, &builder)
        }
        return builder.bytes
    }

    /// The file, with `dataSize` bytes behind `start`.
    func file(dataSize: Int) -> Bytes {
        let header = header
        precondition(header.count <= start)
        return Bytes(header + [UInt8](repeating: 0, count: start - header.count + dataSize))
    }

    // MARK: Fields

    private func attribute(_ attribute: Attribute, _ builder: inout ByteBuilder) {
        name(attribute.name, &builder)
        bigEndian(UInt64(attribute.type.rawValue), 4, &builder)
        count(attribute.count ?? UInt64(attribute.values.count / attribute.type.size), &builder)
        padded(attribute.values, &builder)
    }

    private func list<Entry>(
        _ tag: UInt64, _ entries: [Entry], _ builder: inout ByteBuilder,
        _ write: (Entry, inout ByteBuilder) -> Void
    ) {
        bigEndian(entries.isEmpty ? 0 : tag, 4, &builder)
        count(UInt64(entries.count), &builder)
        for entry in entries { write(entry, &builder) }
    }

    private func name(_ text: String, _ builder: inout ByteBuilder) {
        count(UInt64(text.utf8.count), &builder)
        padded(Array(text.utf8), &builder)
    }

    private func padded(_ bytes: [UInt8], _ builder: inout ByteBuilder) {
        builder.raw(bytes)
        builder.zeros((4 - bytes.count % 4) % 4)
    }

    private func count(_ value: UInt64, _ builder: inout ByteBuilder) {
        bigEndian(value, version.countWidth, &builder)
    }

    private func bigEndian(_ value: UInt64, _ width: Int, _ builder: inout ByteBuilder) {
        builder.raw((0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) })
    }
}
