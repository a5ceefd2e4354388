// SPDX-License-Identifier: Apache-2.0
// Which Zarr type an HDF5 type becomes, and what has to be done to its elements.

import KerchunkBytes
import KerchunkModel

/// An HDF5 element type in Zarr's terms.
struct ElementTranslation: Sendable {
    /// How the stored elements relate to those that a reader of the references sees.
    enum Fidelity: Int, Comparable, Sendable {
        /// The same bytes.
        case exact
        /// The same bytes but for what lies in padding: strings with bytes behind their end.
        case padded
        /// Others: the data has to be read, converted and embedded.
        case converted

        static func < (one: Fidelity, other: Fidelity) -> Bool { one.rawValue < other.rawValue }
    }

    let type: DataType
    let conversion: ElementConversion
    let fidelity: Fidelity
    /// Axes that array types add behind those of the dataset.
    var innerShape: [UInt64] = []
    /// What the user should know about the form that was chosen.
    var notes: [String] = []
}

/// How to make one Zarr element from one stored element.
indirect enum ElementConversion: Hashable, Sendable {
    /// As it is, `size` bytes.
    case copy(size: Int)
    /// Bits of an odd integer, widened to `width` bytes.
    case integer(IntegerLayout, width: Int)
    /// An odd float as an IEEE one of `width` bytes.
    case float(Datatype.FloatLayout, width: Int)
    /// A fixed-length string, padded with NUL.
    case string(size: Int, Datatype.StringPadding)
    /// Text of any length: a variable-length string, a reference's path, a sequence as JSON.
    case text(Datatype)
    /// Parts of the stored element, in the order in which they follow each other in the new one.
    case parts([Part])

    struct Part: Hashable, Sendable {
        /// Bytes from the start of the stored element.
        let offset: Int
        let storedSize: Int
        let conversion: ElementConversion
    }

    var isCopy: Bool { if case .copy = self { true } else { false } }
}

/// Why a type cannot be told to Zarr.
struct UntranslatableType: Error {
    let reason: String
}

/// Makes element translations.
struct DatatypeTranslator {
    /// Array members of compounds up to this many elements become a field each; larger ones stay raw bytes.
    static let expandedArrayLimit: UInt64 = 64

    func translate(_ type: Datatype) throws(UntranslatableType) -> ElementTranslation {
        if case .array(let dimensions, let base, _) = type {
            guard !dimensions.contains(0) else {
                throw UntranslatableType(reason: "an array type without elements")
            }
            var inner = try translate(base)
            inner.innerShape = dimensions + inner.innerShape
            return inner
        }
        if let parts = type.complexParts, case .floatingPoint(let layout) = parts.base,
            let complex = complex(layout, size: type.size)
        {
            return complex
        }
        if case .compound(let size, let members) = type { return try compound(size, members) }
        return try scalar(type)
    }

    private func complex(_ layout: Datatype.FloatLayout, size: Int) -> ElementTranslation? {
        guard let width = layout.ieeeWidth, width >= 4 else { return nil }
        return exact(.complex(width: 2 * width, order(layout.byteLayout)), size)
    }

    private func exact(_ type: DataType, _ size: Int) -> ElementTranslation {
        ElementTranslation(type: type, conversion: .copy(size: size), fidelity: .exact)
    }

    private func order(_ layout: Datatype.ByteLayout) -> ByteOrder { layout == .big ? .big : .little }

    private func scalar(_ type: Datatype) throws(UntranslatableType) -> ElementTranslation {
        switch type {
        case .fixedPoint(_, let layout, _, _, _), .bitField(_, let layout, _, _), .time(_, let layout):
            return try integer(type, order(layout))
        case .floatingPoint(let layout): return float(layout)
        case .string(let size, let padding, _):
            return ElementTranslation(
                type: .fixedBytes(length: size), conversion: .string(size: size, padding), fidelity: .padded)
        case .opaque(let size, let tag):
            return exact(numpyType(tag: tag, size: size) ?? .raw(length: size), size)
        case .enumeration(let base, _):
            return type.isBoolean ? exact(.bool, 1) : try scalar(base)
        case .variableLengthString:
            return ElementTranslation(type: .text, conversion: .text(type), fidelity: .converted)
        case .variableLengthSequence:
            return ElementTranslation(
                type: .text, conversion: .text(type), fidelity: .converted,
                notes: ["variable-length sequences are written as JSON strings"])
        case .reference(_, .general):
            throw UntranslatableType(reason: "references of HDF5 1.12 cannot be represented in Zarr")
        case .reference(_, let kind):
            return ElementTranslation(
                type: .text, conversion: .text(type), fidelity: .converted,
                notes: [
                    kind == .object
                        ? "object references are written as the paths of their objects"
                        : "region references are written as the paths of their datasets, without the selection"
                ])
        case .complex(let size, let base):
            guard case .floatingPoint(let layout) = base, let complex = complex(layout, size: size) else {
                throw UntranslatableType(
                    reason: "complex numbers of \(size) bytes cannot be represented in Zarr")
            }
            return complex
        case .compound, .array: return try translate(type)
        }
    }

    private func integer(_ type: Datatype, _ order: ByteOrder) throws(UntranslatableType)
        -> ElementTranslation
    {
        guard let layout = type.integerLayout, (1...8).contains(layout.size) else {
            throw UntranslatableType(reason: "integers of \(type.size) bytes cannot be represented in Zarr")
        }
        let width = layout.size <= 2 ? layout.size : layout.size <= 4 ? 4 : 8
        let target = DataType.integer(isSigned: layout.isSigned, width: width, order)
        if layout.isOrdinary { return exact(target, width) }
        return ElementTranslation(
            type: target, conversion: .integer(layout, width: width), fidelity: .converted)
    }

    private func float(_ layout: Datatype.FloatLayout) -> ElementTranslation {
        if let width = layout.ieeeWidth {
            return exact(.float(width: width, order(layout.byteLayout)), width)
        }
        let width = layout.enclosingWidth
        return ElementTranslation(
            type: .float(width: width, order(layout.byteLayout)), conversion: .float(layout, width: width),
            fidelity: .converted)
    }

    /// h5py's way to keep numpy's times and texts: an opaque type whose tag is numpy's type string.
    private func numpyType(tag: String, size: Int) -> DataType? {
        let prefix = "NUMPY:"
        guard tag.hasPrefix(prefix) else { return nil }
        var name = tag.dropFirst(prefix.count)
        var order = ByteOrder.little
        if let sign = name.first, "<>|=".contains(sign) {
            order = sign == ">" ? .big : .little
            name = name.dropFirst()
        }
        guard let kind = name.first else { return nil }
        switch kind {
        case "S" where name.dropFirst() == "\(size)": return .fixedBytes(length: size)
        case "U" where size % 4 == 0 && name.dropFirst() == "\(size / 4)":
            return .fixedText(length: size / 4, order)
        case "M", "m":
            guard size == 8, name.dropFirst().first == "8", let open = name.firstIndex(of: "["),
                name.last == "]"
            else {
                return nil
            }
            let unit = String(name[name.index(after: open)...].dropLast())
            return kind == "M" ? .datetime(unit: unit, order) : .timedelta(unit: unit, order)
        default: return nil
        }
    }

    // MARK: Compounds

    private struct Leaf {
        let name: String
        let offset: Int
        let storedSize: Int
        let translation: ElementTranslation
    }

    private func compound(
        _ size: Int, _ members: [Datatype.CompoundMember]
    ) throws(UntranslatableType) -> ElementTranslation {
        guard !members.isEmpty, size > 0 else {
            throw UntranslatableType(reason: "a compound type without members")
        }
        var leaves = try leaves(of: members, prefix: "", base: 0)
        leaves.sort { $0.offset < $1.offset }
        var fields: [DataType.Field] = []
        var parts: [ElementConversion.Part] = []
        var names: Set<ExactText> = []
        var position = 0
        var padCount = 0
        func pad(to offset: Int) {
            guard offset > position else { return }
            fields.append(DataType.Field(name: "_pad\(padCount)", type: .raw(length: offset - position)))
            parts.append(
                .init(
                    offset: position, storedSize: offset - position,
                    conversion: .copy(size: offset - position)))
            padCount += 1
        }
        for leaf in leaves {
            guard leaf.offset >= position, leaf.offset + leaf.storedSize <= size else {
                throw UntranslatableType(
                    reason: "member \"\(leaf.name)\" overlaps another one or the end of its element")
            }
            pad(to: leaf.offset)
            var name = leaf.name
            while !names.insert(name).inserted { name += "_" }
            fields.append(DataType.Field(name: name, type: leaf.translation.type))
            parts.append(
                .init(
                    offset: leaf.offset, storedSize: leaf.storedSize, conversion: leaf.translation.conversion)
            )
            position = leaf.offset + leaf.storedSize
        }
        pad(to: size)
        let fidelity = leaves.map(\.translation.fidelity).max() ?? .exact
        return ElementTranslation(
            type: .structure(fields), conversion: fidelity == .exact ? .copy(size: size) : .parts(parts),
            fidelity: fidelity, notes: leaves.flatMap(\.translation.notes))
    }

    /// The members as flat fields: nested compounds as `outer.inner`, short arrays as `name.0`, `name.1`.
    private func leaves(
        of members: [Datatype.CompoundMember], prefix: String, base: Int
    ) throws(UntranslatableType) -> [Leaf] {
        var all: [Leaf] = []
        for member in members {
            let name = prefix + member.name
            all += try leaves(name, member.type, offset: base + member.offset)
        }
        return all
    }

    private func leaves(_ name: String, _ type: Datatype, offset: Int) throws(UntranslatableType) -> [Leaf] {
        switch type {
        case .compound(_, let members) where type.complexParts == nil:
            return try leaves(of: members, prefix: name + ".", base: offset)
        case .array(let dimensions, let base, let size):
            guard let count = checkedProduct(dimensions), count > 0, count <= Self.expandedArrayLimit else {
                let note =
                    "array member \"\(name)\" is shown as raw bytes, because Zarr readers do not support array members"
                return [
                    Leaf(
                        name: name, offset: offset, storedSize: size,
                        translation: ElementTranslation(
                            type: .raw(length: size), conversion: .copy(size: size), fidelity: .exact,
                            notes: [note]))
                ]
            }
            var all: [Leaf] = []
            for index in 0..<Int(count) {
                all += try leaves("\(name).\(index)", base, offset: offset + index * base.size)
            }
            return all
        default:
            let translation = try translate(type)
            return [Leaf(name: name, offset: offset, storedSize: type.size, translation: translation)]
        }
    }
}
