// SPDX-License-Identifier: Apache-2.0
// Small variables that cannot be joined by reference: read, made alike, and put together.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// The values of one variable in the making.
struct ValueLoading {
    let join: VariableJoin
    let cells: Cells
    /// By occurrence: the units of time of its values, and what they are to become; nil where they stay.
    let times: [(from: TimeUnits, to: TimeUnits)?]
    /// The variable of the output, with the fill value that stands for gaps.
    let array: VirtualArray
    /// Names of the inputs, for errors.
    let names: [String]

    /// Bytes of the output, about.
    static func size(_ shape: [UInt64], _ type: DataType) -> UInt64? {
        checkedProduct(shape + [UInt64(max(1, type.size))])
    }

    /// Whether the elements of all inputs mean the same, so that they are copied as they are.
    var isAlike: Bool {
        times.allSatisfy { $0 == nil }
            && join.occurrences.allSatisfy {
                $0.variable.schema === join.occurrences[0].variable.schema
                    || Compatibility.differences(join.reference, $0.variable.schema.array, []).isEmpty
            }
    }

    /// Whether elements can be taken for numbers or texts.
    var hasKnownTypes: Bool {
        join.occurrences.allSatisfy { (try? ElementCoding($0.variable.schema.array.dataType)) != nil }
    }

    /// - Parameter elements: by occurrence, in the byte order of its own type; nil for those that fill nothing.
    /// - Returns: the array of the output, and the bytes of its one chunk.
    func joined(_ elements: [Bytes?]) throws(KerchunkError) -> (array: VirtualArray, bytes: Bytes) {
        var array = array
        array.chunkShape = join.shape.map { max(1, $0) }
        array.codecs = []
        guard let count = checkedProduct(join.shape).flatMap({ Int(exactly: $0) }) else {
            throw KerchunkError(.limit, "the concatenated values are too large", object: "/" + join.path)
        }
        let bytes: Bytes
        if isAlike, array.dataType != .text {
            try refuseValuesOfGaps(elements)
            bytes = Bytes(
                placed(elements.map { $0?.array }, width: array.dataType.size, in: filled(array, count)))
        } else {
            let pieces = try unified(elements, &array)
            let coding = try ElementCoding(array.dataType)
            let gap = gap(array, coding)
            let keys = placed(pieces, width: 1, in: [CoordinateKey](repeating: gap, count: count))
            guard let encoded = coding.elements(keys) else {
                throw KerchunkError(.unsupported, "its values have no common dtype", object: "/" + join.path)
            }
            bytes = encoded
        }
        array.codecs = array.dataType == .text ? [TextContainer.codec] : []
        return (array, bytes)
    }

    /// Elements that all are the fill value, or zeros.
    private func filled(_ array: VirtualArray, _ count: Int) -> [UInt8] {
        let width = array.dataType.size
        var bytes = [UInt8](repeating: 0, count: count * width)
        if case .element(let fill) = array.missing.unwritten, fill.count == width,
            fill.array.contains(where: { $0 != 0 })
        {
            let pattern = fill.array
            for index in bytes.indices { bytes[index] = pattern[index % width] }
        }
        return bytes
    }

    /// The element that stands where no input lies.
    private func gap(_ array: VirtualArray, _ coding: ElementCoding) -> CoordinateKey {
        switch array.missing.unwritten {
        case .element(let bytes):
            if let key = (try? coding.keys(bytes))?.first { return key }
        case .text(let text): return .text(text)
        case .none: break
        }
        return coding.isText ? .text("") : .integer(0)
    }

    // MARK: Copying boxes

    /// - Parameter width: parts that an element has.
    private func placed<Part>(_ pieces: [[Part]?], width: Int, in parts: [Part]) -> [Part] {
        var parts = parts
        for cell in cells.owners.indices where cells.owners[cell] >= 0 {
            let owner = Int(cells.owners[cell])
            if let piece = pieces[owner] { place(piece, of: owner, cell, width: width, in: &parts) }
        }
        return parts
    }

    private func place<Part>(
        _ source: [Part], of owner: Int, _ cell: Int, width: Int, in parts: inout [Part]
    ) {
        join.forEachElement(of: cell, in: cells, join.occurrences[owner]) { old, new in
            let start = old * width
            guard start + width <= source.count else { return false }
            for part in 0..<width { parts[new * width + part] = source[start + part] }
            return true
        }
    }

    // MARK: Making alike

    /// The values of all occurrences in one type, unit and packing, with one value for what is missing.
    private func unified(
        _ elements: [Bytes?], _ array: inout VirtualArray
    ) throws(KerchunkError) -> [[CoordinateKey]?] {
        let hasTimes = times.contains { $0 != nil }
        let isPacked = join.occurrences.contains { occurrence in
            let own = occurrence.variable.schema.array
            return ValueAttributes.packing.contains { name in
                own.attributes[name] != join.reference.attributes[name]
                    || (hasTimes && own.attributes[name] != nil)
            }
        }
        var pieces: [(keys: [CoordinateKey], isGap: [Bool])?] = []
        for (index, (occurrence, bytes)) in zip(join.occurrences, elements).enumerated() {
            guard let bytes else {
                pieces.append(nil)
                continue
            }
            let own = occurrence.variable.schema.array
            var values = try ElementCoding(own.dataType).keys(bytes)
            let gaps = Masking.keys(own)
            let isGap = values.map { gaps.contains($0) }
            if isPacked { values = values.map(Packing(all: own).value) }
            if let (old, new) = times[index] {
                values = try converted(values, isGap, from: old, to: new, names[occurrence.input])
            }
            pieces.append((values, isGap))
        }
        if isPacked {
            for name in ValueAttributes.packing { array.attributes[name] = nil }
            Masking.clear(&array)
        }
        let missing = try settleMissing(pieces, isPacked, &array)
        let keys = pieces.map { piece in
            piece.map { keys, isGap in zip(keys, isGap).map { $1 ? missing ?? $0 : $0 } }
        }
        let all = Array(keys.compactMap { $0 }.joined()) + (missing.map { [$0] } ?? [])
        try settleType(all, isPacked, missing, &array)
        return keys
    }

    private func converted(
        _ values: [CoordinateKey], _ isGap: [Bool], from old: TimeUnits, to new: TimeUnits, _ name: String
    ) throws(KerchunkError) -> [CoordinateKey] {
        // Gaps are no times.
        let known = zip(values, isGap).filter { !$1 }.map(\.0)
        guard let converted = TimeConversion(from: old, to: new)?.keys(known) else {
            throw KerchunkError(
                .unsupported,
                "the times of \(name) (\"\(old.units)\", \(old.calendar ?? "standard")) cannot be converted to \"\(new.units)\" (\(new.calendar ?? "standard"))"
            )
        }
        let time = new.time
        var next = converted.map { key in time.map(key.decodable) ?? key }.makeIterator()
        return zip(values, isGap).map { $1 ? $0 : next.next() ?? $0 }
    }

    /// The one value that means that there is none, and that no input has as a value; nil where nothing is missing.
    private func settleMissing(
        _ pieces: [(keys: [CoordinateKey], isGap: [Bool])?], _ isPacked: Bool, _ array: inout VirtualArray
    ) throws(KerchunkError) -> CoordinateKey? {
        let hasCells = cells.owners.contains(-1)
        var firstGap: CoordinateKey?
        for (keys, isGap) in pieces.compactMap({ $0 }) {
            firstGap = firstGap ?? zip(keys, isGap).first { $1 }?.0
        }
        let isReal = if case .float = array.dataType { true } else { isPacked }
        var missing = Masking.keys(array).first
        if missing == nil, hasCells || firstGap != nil { missing = isReal ? .real(.nan) : firstGap }
        guard let missing else { return nil }
        let masked = Set((Masking.keys(array) + [missing]).map(\.canonical))
        for (piece, occurrence) in zip(pieces, join.occurrences) {
            guard let piece else { continue }
            try refuse(masked, in: piece.keys, piece.isGap, names[occurrence.input])
        }
        return missing
    }

    /// Throws where a fill value that stands for gaps is a value in an input that does not take it for missing.
    private func refuseValuesOfGaps(_ elements: [Bytes?]) throws(KerchunkError) {
        guard let coding = try? ElementCoding(array.dataType) else { return }
        let masked = Masking.keys(array)
        for (bytes, occurrence) in zip(elements, join.occurrences) {
            let own = Masking.keys(occurrence.variable.schema.array)
            let added = Set(masked.filter { !own.contains($0) }.map(\.canonical))
            guard let bytes, !added.isEmpty else { continue }
            let keys = try coding.keys(bytes)
            try refuse(added, in: keys, keys.map { own.contains($0) }, names[occurrence.input])
        }
    }

    /// Throws where a value that is not missing in `name` is one of `masked`, which are canonical.
    private func refuse(
        _ masked: Set<CoordinateKey>, in keys: [CoordinateKey], _ isGap: [Bool], _ name: String
    ) throws(KerchunkError) {
        let clash = zip(keys, isGap).first { key, isGap in
            if case .real(let value) = key, value.isNaN { return false }
            return !isGap && masked.contains(key.canonical)
        }
        guard let (key, _) = clash else { return }
        throw KerchunkError(
            .unsupported, "\(key) is a value in \(name), but would read as missing in the result")
    }

    /// The type that holds all values, and the fill value in it.
    private func settleType(
        _ all: [CoordinateKey], _ isPacked: Bool, _ missing: CoordinateKey?, _ array: inout VirtualArray
    ) throws(KerchunkError) {
        let old = array.dataType
        if isPacked {
            array.dataType = .float(width: 8, .little)
        } else if try ElementCoding(old).elements(all) == nil {
            array.dataType = ElementCoding.type(for: all, like: old)
        }
        guard let missing else {
            if array.dataType != old { array.missing = array.missing.unsaid(of: array.dataType) }
            return
        }
        guard array.maskedValue == nil || array.dataType != old else { return }
        if case .text(let text) = missing, array.dataType == .text {
            array.missing =
                array.missing.isApart ? MissingData(unwritten: .text(text)) : .masking(.text(text))
        } else if let bytes = try ElementCoding(array.dataType).elements([missing]) {
            Masking.set(.element(bytes), of: &array)
        } else {
            throw KerchunkError(.unsupported, "no fill value of its dtype could mark missing values")
        }
    }
}
