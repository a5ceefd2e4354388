// SPDX-License-Identifier: Apache-2.0
// Small variables that cannot be joined by reference: read, made alike, and put together.

import KerchunkBytes
import KerchunkModel

/// The values of one variable in the making.
struct ValueLoading {
    let join: VariableJoin
    let cells: Cells
    /// By occurrence: the units of time of its values, and what they are to become; nil where they stay.
    let times: [(from: TimeUnits, to: TimeUnits)?]
    /// Why it is read, for the plan.
    let reason: String

    /// Bytes of the output.
    static func size(_ shape: [UInt64], _ type: DataType) -> UInt64? {
        checkedProduct(shape + [UInt64(max(1, type.size))])
    }

    /// - Parameter elements: by occurrence, in the byte order of its own type; nil for those that fill nothing.
    /// - Returns: the array of the output, and the bytes of its one chunk.
    func joined(_ elements: [Bytes?]) throws(KerchunkError) -> (array: VirtualArray, bytes: Bytes) {
        var array = join.reference
        array.shape = join.shape
        array.dimensionNames = join.dimensionNames
        array.chunkShape = join.shape.map { max(1, $0) }
        array.filters = []
        array.compressor = nil
        let isAlike =
            times.allSatisfy { $0 == nil }
            && join.occurrences.allSatisfy {
                $0.variable.schema === join.occurrences[0].variable.schema
                    || Compatibility.differences(join.reference, $0.variable.schema.array, []).isEmpty
            }
        let pieces = isAlike ? elements : try unified(elements, &array)
        guard let size = Self.size(join.shape, array.dataType).flatMap({ Int(exactly: $0) }) else {
            throw KerchunkError(.limit, "the joined values are too large", object: "/" + join.path)
        }
        var bytes = [UInt8](repeating: 0, count: size)
        if case .element(let fill) = array.fillValue, fill.count == array.dataType.size {
            let pattern = fill.array
            for index in bytes.indices { bytes[index] = pattern[index % pattern.count] }
        }
        for cell in cells.owners.indices where cells.owners[cell] >= 0 {
            let owner = Int(cells.owners[cell])
            if let piece = pieces[owner] {
                place(piece, of: owner, cell, width: array.dataType.size, in: &bytes)
            }
        }
        return (array, Bytes(bytes))
    }

    // MARK: Copying boxes

    private func place(_ piece: Bytes, of owner: Int, _ cell: Int, width: Int, in bytes: inout [UInt8]) {
        let occurrence = join.occurrences[owner]
        let gained = join.shape.count - occurrence.variable.shape.count
        let inputShape = [UInt64](repeating: 1, count: gained) + occurrence.variable.shape
        var extents = join.shape
        var from = [UInt64](repeating: 0, count: extents.count)
        var to = from
        let segments = cells.segments(of: cell)
        for (index, axis) in join.axes.enumerated() {
            let start = cells.cuts[index][segments[index]]
            let end = cells.cuts[index][segments[index] + 1]
            extents[axis.number] = end - start
            to[axis.number] = start
            guard axis.inputNumber != nil,
                let run = axis.plan.pieces[occurrence.input].first(where: {
                    $0.position <= start && start < $0.end
                })
            else { continue }
            from[axis.number] = run.start + start - run.position
        }
        let isNew = extents.indices.map { number in
            join.axes.contains { $0.number == number && $0.inputNumber == nil }
        }
        let rank = extents.count
        guard !extents.contains(0) else { return }
        var index = [UInt64](repeating: 0, count: rank)
        let source = piece.array
        // Elements one by one along the last axis: these arrays are small.
        while true {
            var old: UInt64 = 0
            var new: UInt64 = 0
            for axis in 0..<rank {
                old = old * inputShape[axis] + (isNew[axis] ? 0 : from[axis] + index[axis])
                new = new * join.shape[axis] + to[axis] + index[axis]
            }
            let start = Int(old) * width
            guard start + width <= source.count else { return }
            bytes.replaceSubrange(
                Int(new) * width..<Int(new + 1) * width, with: source[start..<start + width])
            var axis = rank - 1
            while axis >= 0 {
                index[axis] += 1
                if index[axis] < extents[axis] { break }
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }

    // MARK: Making alike

    /// The values of all occurrences in one type, unit and packing.
    private func unified(_ elements: [Bytes?], _ array: inout VirtualArray) throws(KerchunkError) -> [Bytes?]
    {
        let isPacked = join.occurrences.contains {
            differs($0.variable.schema.array, in: ["scale_factor", "add_offset", "_Unsigned"])
        }
        var keys: [[CoordinateKey]?] = []
        for (index, occurrence) in join.occurrences.enumerated() {
            guard let bytes = elements[index] else {
                keys.append(nil)
                continue
            }
            let own = occurrence.variable.schema.array
            var values = try ElementCoding(own.dataType).keys(bytes)
            let gaps = Self.gaps(own)
            let isGap = values.map { gaps.contains($0) }
            if isPacked { values = Self.unpacked(values, own) }
            if let (old, new) = times[index] {
                // Gaps are no times.
                let known = zip(values, isGap).map { $1 ? CoordinateKey.integer(0) : $0 }
                guard let converted = TimeConversion(from: old, to: new)?.keys(known) else {
                    throw KerchunkError(
                        .unsupported, "the units \"\(old.units)\" do not convert to \"\(new.units)\"",
                        object: "/" + join.path)
                }
                values = converted
            }
            let fill = isPacked ? CoordinateKey.real(.nan) : Self.gaps(join.reference).first
            for position in values.indices where isGap[position] {
                values[position] = fill ?? values[position]
            }
            keys.append(values)
        }
        let all = keys.compactMap { $0 }.joined()
        var coding = try ElementCoding(isPacked ? .float(width: 8, .little) : join.reference.dataType)
        if !isPacked, coding.elements(Array(all)) == nil {
            coding = try ElementCoding(ElementCoding.type(for: Array(all)))
        }
        if coding.type != array.dataType {
            array.fillValue = .none
            if isPacked, let bytes = coding.elements([.real(.nan)]) {
                array.fillValue = .element(Bytes(bytes))
            } else if let gap = Self.gaps(join.reference).first, let bytes = coding.elements([gap]) {
                array.fillValue = .element(Bytes(bytes))
            }
            array.dataType = coding.type
        }
        if isPacked {
            for name in ["scale_factor", "add_offset", "_Unsigned", "missing_value", "_FillValue"] {
                array.attributes[name] = nil
            }
        }
        var unified: [Bytes?] = []
        for keys in keys {
            guard let keys else {
                unified.append(nil)
                continue
            }
            guard let bytes = coding.elements(keys) else {
                throw KerchunkError(.unsupported, "its values have no common type", object: "/" + join.path)
            }
            unified.append(Bytes(bytes))
        }
        return unified
    }

    private func differs(_ array: VirtualArray, in names: [String]) -> Bool {
        names.contains { array.attributes[$0] != join.reference.attributes[$0] }
    }

    /// The values that mean that there is none.
    private static func gaps(_ array: VirtualArray) -> [CoordinateKey] {
        var gaps: [CoordinateKey] = []
        if case .element(let bytes) = array.fillValue,
            let keys = try? ElementCoding(array.dataType).keys(bytes)
        {
            gaps += keys
        }
        let isReal = if case .float = array.dataType { true } else { false }
        for name in ["_FillValue", "missing_value"] {
            guard let json = array.attributes[name] else { continue }
            for value in json.array ?? [json] {
                guard let key = CoordinateKey(json: value) else { continue }
                gaps.append(isReal ? .real(key.double ?? .nan) : key)
            }
        }
        return gaps
    }

    /// `values` times the scale factor, plus the offset.
    private static func unpacked(_ values: [CoordinateKey], _ array: VirtualArray) -> [CoordinateKey] {
        let scale = array.attributes["scale_factor"]?.number?.double ?? 1
        let offset = array.attributes["add_offset"]?.number?.double ?? 0
        var modulus: Double?
        if array.attributes["_Unsigned"]?.string == "true", case .integer(true, let width, _) = array.dataType
        {
            modulus = Double(sign: .plus, exponent: 8 * width, significand: 1)
        }
        return values.map { value in
            var number = value.double ?? .nan
            if let modulus, number < 0 { number += modulus }
            return .real(number * scale + offset)
        }
    }
}
