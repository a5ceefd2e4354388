// SPDX-License-Identifier: Apache-2.0
// From the values of all inputs to one axis.

import KerchunkBytes
import KerchunkModel
import KerchunkReading

/// Orders the inputs along one dimension.
struct AxisPlanner {
    let dimension: String
    let scope: String
    let request: CombineRequest
    /// Names of the inputs, for errors.
    let names: [String]

    /// What one input has along the dimension.
    enum Extent {
        /// It does not have the dimension.
        case absent
        /// So many elements, without values.
        case length(UInt64)
        case values(AxisValues)
    }

    func plan(_ extents: [Extent], _ problems: inout CombineProblems) -> AxisPlan? {
        var values: [AxisValues?] = []
        var isNumbered = false
        for extent in extents {
            if case .values(let known) = extent { values.append(coerced(known)) } else { values.append(nil) }
            if case .length = extent { isNumbered = true }
        }
        if isNumbered {
            guard values.allSatisfy({ $0 == nil }) else {
                let index = extents.firstIndex { if case .length = $0 { true } else { false } } ?? 0
                problems.add(
                    dimension, "\(names[index]) has no values for the dimension, but other inputs have",
                    remedy:
                        "leave out that input, or say with --coord \(dimension)=… where the values come from")
                return nil
            }
            return numbered(extents)
        }
        guard let (unified, converted, type, time, packing) = unify(values, &problems) else { return nil }
        if let repeated = unified.firstIndex(where: { Set($0).count != $0.count }),
            request.order == .coordinates
        {
            problems.add(
                dimension, "\(names[repeated]) has the same coordinate value twice",
                remedy: "--order input keeps the order of the inputs")
            return nil
        }
        let joined: [CoordinateKey]
        let pieces: [[AxisPiece]]
        switch request.order {
        case .input: (joined, pieces) = inGivenOrder(unified)
        case .coordinates:
            guard let isDescending = direction(unified, &problems) else { return nil }
            (joined, pieces) = ordered(unified, isDescending: isDescending)
        }
        var all = AxisValues(
            keys: TimeConversion.decodable(joined, time, unified, converted), type: type, time: time)
        all.packing = packing
        all.characterDimension = values.lazy.compactMap { $0?.characterDimension }.first
        return AxisPlan(
            dimension: dimension, scope: scope, length: UInt64(joined.count), values: all, pieces: pieces,
            converted: converted)
    }

    /// One input behind the other, as nothing is known of their values.
    private func numbered(_ extents: [Extent]) -> AxisPlan {
        var position: UInt64 = 0
        var pieces: [[AxisPiece]] = []
        for extent in extents {
            guard case .length(let count) = extent, count > 0 else {
                pieces.append([])
                continue
            }
            pieces.append([AxisPiece(start: 0, count: count, position: position)])
            position += count
        }
        return AxisPlan(
            dimension: dimension, scope: scope, length: position, values: nil, pieces: pieces,
            converted: Array(repeating: nil, count: extents.count))
    }

    // MARK: One unit, one kind

    /// Texts as numbers, or numbers as texts, where the output is to have these.
    private func coerced(_ values: AxisValues) -> AxisValues {
        guard let wanted = request.coordinateTypes[dimension], let coding = try? ElementCoding(wanted) else {
            return values
        }
        var changed = values
        changed.keys = values.keys.map { key in
            if coding.isText { return .text(key.plainText) }
            if case .text(let text) = key { return CoordinateKey(text: text) }
            return key
        }
        return changed
    }

    private typealias Unified = (
        keys: [[CoordinateKey]], converted: [TimeUnits?], type: DataType, time: TimeUnits?, packing: Packing?
    )

    /// Stored numbers stay what they are where all inputs pack alike and in the same units; else values are joined.
    private func comparable(_ values: [AxisValues?]) -> [AxisValues?] {
        let known = values.compactMap { $0 }
        guard let first = known.first,
            known.contains(where: { $0.packing != first.packing || $0.hasMissing })
                || (first.packing != nil
                    && (datetimeUnit != nil || first.packing?.wraps == true
                        || known.contains { needsConversion($0.time, first.time) || $0.type != first.type }))
        else { return values }
        return values.map { $0?.unpacked }
    }

    /// The values of all inputs in the units of the first.
    private func unify(_ stored: [AxisValues?], _ problems: inout CombineProblems) -> Unified? {
        let values = comparable(stored)
        guard let first = values.firstIndex(where: { $0 != nil }), let reference = values[first] else {
            problems.add(
                dimension, "no input has values for it", remedy: "give them with --coord \(dimension)=…")
            return nil
        }
        var keys: [[CoordinateKey]] = []
        var converted: [TimeUnits?] = []
        var isWhole = true
        let datetime = datetimeUnit
        for (index, values) in values.enumerated() {
            guard let values else {
                keys.append([])
                converted.append(nil)
                continue
            }
            if let unordered = values.keys.first(where: { !$0.isOrdered }) {
                problems.add(
                    dimension,
                    "\(names[index]) has the value \(unordered), or a missing one, in its coordinate",
                    remedy: nil)
                return nil
            }
            if let unit = datetime {
                guard let ticks = ticks(values, unit) else {
                    problems.add(
                        dimension,
                        "the times of \(names[index]) (\(values.time?.units ?? "without units")) cannot be \(request.coordinateTypes[dimension]?.v2Name.serialized() ?? "")",
                        remedy: nil)
                    return nil
                }
                keys.append(ticks)
                converted.append(values.time)
                continue
            }
            guard needsConversion(values.time, reference.time) else {
                keys.append(values.keys)
                converted.append(nil)
                isWhole = isWhole && values.type == reference.type
                continue
            }
            guard let other = convert(values, to: reference) else {
                problems.add(
                    dimension, conflict(values.time, reference.time, names[index], names[first]),
                    check: .units, remedy: nil,
                    consequence:
                        "numbers of \(names[index]) are then read as \(Self.text(reference.time)), "
                        + (Difference.errorOfTimes(reference.time, values.time) ?? "unconverted"))
                return nil
            }
            if request.overrides.contains(.units), !Set(values.keys).isDisjoint(with: reference.keys) {
                problems.add(
                    dimension,
                    "\(names[index]) and \(names[first]) have the same numbers in different units, so they are different times",
                    remedy: "without --override units they are converted")
                return nil
            }
            keys.append(other)
            converted.append(values.time)
        }
        let all = keys.joined()
        let hasText = all.contains { $0.double == nil }
        if hasText, all.contains(where: { $0.double != nil }) {
            problems.add(
                dimension, "some inputs have numbers, others strings",
                remedy: "--coord-dtype makes them one dtype")
            return nil
        }
        // Numbers compare as one kind.
        if !hasText, all.contains(where: { if case .real = $0 { true } else { false } }) {
            let reals = keys.map { $0.map { CoordinateKey.real($0.double ?? .nan) } }
            if let index = keys.indices.first(where: {
                !zip(keys[$0], reals[$0]).allSatisfy { $0.isSameValue(as: $1) }
            }) {
                problems.add(
                    dimension,
                    "\(names[index]) has integers beyond 2^53 and other inputs have fractions; no dtype holds both",
                    remedy: nil)
                return nil
            }
            keys = reals
        }
        guard let type = type(of: Array(keys.joined()), reference.type, &problems) else { return nil }
        return (keys, converted, type, datetime == nil ? reference.time : nil, reference.packing)
    }

    /// Why numbers in the units `one` do not become numbers in `other`.
    private func conflict(_ one: TimeUnits?, _ other: TimeUnits?, _ name: String, _ otherName: String)
        -> String
    {
        switch (one, other) {
        case (let one?, let other?):
            let unknown = [(one, name), (other, otherName)].first { $0.0.time == nil }
            let what = "the units \(one.text) of \(name) cannot be converted to \(other.text) of \(otherName)"
            return what + (unknown.map { ": those of \($0.1) are not understood" } ?? "")
        case (let one?, nil): return "\(otherName) has no time units, but \(name) has \(one.text)"
        default: return "\(name) has no time units, but \(otherName) has \(other?.text ?? "others")"
        }
    }

    private static func text(_ time: TimeUnits?) -> String { time?.text ?? "numbers without units" }

    /// The unit of the datetimes that the output is to have; nil where it is to have something else.
    private var datetimeUnit: String? {
        if case .datetime(let unit, _) = request.coordinateTypes[dimension] { return unit }
        return nil
    }

    private func ticks(_ values: AxisValues, _ unit: String) -> [CoordinateKey]? {
        guard let time = values.time?.time else {
            if case .datetime(unit, _) = values.type { return values.keys }
            return nil
        }
        var ticks: [CoordinateKey] = []
        for key in values.keys {
            guard let instant = time.instant(key.timeValue),
                let tick = time.datetime(ofInstant: instant, unit: unit)
            else { return nil }
            ticks.append(.integer(tick))
        }
        return ticks
    }

    private func needsConversion(_ one: TimeUnits?, _ other: TimeUnits?) -> Bool {
        let isPassedOver = request.overrides.contains(.units)
        switch (one, other) {
        case (nil, nil): return false
        case (let one?, let other?):
            if one.means(other) { return false }
            return !isPassedOver || TimeConversion(from: one, to: other)?.isPossible ?? false
        default: return !isPassedOver
        }
    }

    private func convert(_ values: AxisValues, to reference: AxisValues) -> [CoordinateKey]? {
        guard let old = values.time, let new = reference.time else { return nil }
        return TimeConversion(from: old, to: new)?.keys(values.keys)
    }

    /// The type of the output's values.
    private func type(
        of keys: [CoordinateKey], _ reference: DataType, _ problems: inout CombineProblems
    ) -> DataType? {
        if let wanted = request.coordinateTypes[dimension] {
            let fitted = wanted.fitted(to: keys)
            if let coding = try? ElementCoding(fitted), coding.elements(keys) != nil || fitted.isNarrowFloat {
                return fitted
            }
            problems.add(
                dimension, "some values cannot be represented exactly as \(wanted.v2Name.serialized())",
                remedy: nil)
            return nil
        }
        if let coding = try? ElementCoding(reference), coding.elements(keys) != nil { return reference }
        if case .fixedBytes = reference { return ElementCoding.type(for: keys, like: reference) }
        return ElementCoding.type(for: keys)
    }

    // MARK: Order

    /// Whether the inputs descend; nil where some do and others do not.
    private func direction(_ keys: [[CoordinateKey]], _ problems: inout CombineProblems) -> Bool? {
        var ascending: Int?
        var descending: Int?
        for (index, keys) in keys.enumerated() where keys.count > 1 {
            if zip(keys, keys.dropFirst()).allSatisfy({ $0 < $1 }) {
                ascending = ascending ?? index
            } else if zip(keys, keys.dropFirst()).allSatisfy({ $1 < $0 }) {
                descending = descending ?? index
            } else {
                problems.add(
                    dimension, "the values of \(names[index]) are neither ascending nor descending",
                    remedy: "--order input keeps the order of the inputs")
                return nil
            }
        }
        if let ascending, let descending {
            problems.add(
                dimension, "the values ascend in \(names[ascending]), but descend in \(names[descending])",
                remedy: "--order input keeps the order of the inputs")
            return nil
        }
        return descending != nil
    }

    private func ordered(
        _ keys: [[CoordinateKey]], isDescending: Bool
    ) -> ([CoordinateKey], [[AxisPiece]]) {
        // Inputs that follow each other need no sorting.
        var joined: [CoordinateKey] = []
        if let simple = following(keys, isDescending) { return simple }
        joined = Set(keys.joined()).sorted { isDescending ? $1 < $0 : $0 < $1 }
        var positions: [CoordinateKey: UInt64] = [:]
        positions.reserveCapacity(joined.count)
        for (position, key) in joined.enumerated() { positions[key] = UInt64(position) }
        let pieces = keys.map { keys in Self.pieces(keys.compactMap { positions[$0] }) }
        return (joined, pieces)
    }

    /// For inputs that are given in their order and do not overlap.
    private func following(
        _ keys: [[CoordinateKey]], _ isDescending: Bool
    ) -> ([CoordinateKey], [[AxisPiece]])? {
        var joined: [CoordinateKey] = []
        var pieces: [[AxisPiece]] = []
        for keys in keys {
            guard let first = keys.first else {
                pieces.append([])
                continue
            }
            if let last = joined.last, isDescending ? !(first < last) : !(last < first) { return nil }
            pieces.append([AxisPiece(start: 0, count: UInt64(keys.count), position: UInt64(joined.count))])
            joined += keys
        }
        return (joined, pieces)
    }

    /// Runs of positions that follow each other.
    private static func pieces(_ positions: [UInt64]) -> [AxisPiece] {
        var pieces: [AxisPiece] = []
        var start = 0
        for index in 1..<max(1, positions.count + 1) where !positions.isEmpty {
            if index == positions.count || positions[index] != positions[index - 1] + 1 {
                pieces.append(
                    AxisPiece(
                        start: UInt64(start), count: UInt64(index - start), position: positions[start]))
                start = index
            }
        }
        return pieces
    }

    /// Each list of values once, where its first input stands; with one dimension, each input where it stands.
    private func inGivenOrder(_ keys: [[CoordinateKey]]) -> ([CoordinateKey], [[AxisPiece]]) {
        var joined: [CoordinateKey] = []
        var places: [[CoordinateKey]: UInt64] = [:]
        var pieces: [[AxisPiece]] = []
        for keys in keys {
            if keys.isEmpty {
                pieces.append([])
                continue
            }
            let place = places[keys] ?? UInt64(joined.count)
            if places[keys] == nil {
                places[keys] = place
                joined += keys
            }
            pieces.append([AxisPiece(start: 0, count: UInt64(keys.count), position: place)])
        }
        return (joined, pieces)
    }
}

extension DataType {
    /// Texts without a length get that of the longest value.
    func fitted(to keys: [CoordinateKey]) -> DataType {
        let longest = keys.map { $0.plainText }.map { ($0.utf8.count, $0.unicodeScalars.count) }
        switch self {
        case .fixedBytes(0): return .fixedBytes(length: max(1, longest.map(\.0).max() ?? 1))
        case .fixedText(0, let order): return .fixedText(length: max(1, longest.map(\.1).max() ?? 1), order)
        default: return self
        }
    }

    /// Whether values lose digits in it, which a user who asks for it expects.
    var isNarrowFloat: Bool { if case .float(let width, _) = self { width < 8 } else { false } }
}
