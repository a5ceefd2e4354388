// SPDX-License-Identifier: Apache-2.0
// Variables along joined dimensions: by reference, as values, or refused.

import KerchunkBytes
import KerchunkModel

extension PlanningRun {
    mutating func plan(_ join: VariableJoin) throws(KerchunkError) {
        var differences = metadataDifferences(join.occurrences)
        let group = VariableSummary.group(of: join.path)
        let lacking = dimensions.filter { !join.dimensionNames.containsExactly($0) }.compactMap {
            axis($0, for: group)
        }
        guard let filling = join.filling(request, lacking: lacking, names, &problems) else { return }
        let cells = filling.cells
        dropped.formUnion(filling.dropped)
        var array = join.reference
        array.shape = join.shape
        array.dimensionNames = join.dimensionNames
        addUnits(join, to: &array)
        var gaps = settleGaps(join, cells, &array)
        if case .dropped = gaps {
            report(join, cells, differences, nil)
            return
        }
        if settleNaN(join, &differences, &array) { gaps = .refilled }
        noteAttributes(join.path, join.occurrences)
        noteFill(join, gaps)
        let inherited = inheritedTimes(join)
        compare(filling, of: join, inherited)
        let chunkShape = join.chunkShape(join.reference)
        let loading = loading(join, cells, differences.map(\.0), inherited, array)
        var reason = try reason(against: join, cells, array, gaps, differences, inherited, chunkShape)
        if reason == nil, loading != nil, case .refilled = gaps, givenFill(of: join) != nil {
            reason = Obstacle(description: "its values are compared with the given fill value")
        }
        guard let reason else {
            noteOverrides(join.path, join.occurrences)
            array.chunkShape = chunkShape
            arrays.append(
                ArrayPlan(
                    path: join.path, array: array,
                    content: .joined(join.linked(cells, chunkShape: chunkShape))))
            return
        }
        if let loading {
            noteOverrides(join.path, join.occurrences, [.units])
            loadings.append(loading)
            decisions.append("/\(join.path) is read and written inline: \(reason)")
            // Keeps the place among the other variables.
            arrays.append(ArrayPlan(path: join.path, array: array, content: .values(Bytes())))
            return
        }
        if request.subchunks, differences.allSatisfy({ $0.0.isChunkShape }),
            !inherited.contains(where: { $0 != nil }),
            !reason.isAboutMissingChunks, let split = Splitting(join, cells)
        {
            noteOverrides(join.path, join.occurrences)
            array.chunkShape = split.chunkShape
            arrays.append(
                ArrayPlan(
                    path: join.path, array: array,
                    content: .joined(
                        join.linked(cells, chunkShape: split.chunkShape, splitFactors: split.factors))))
            decisions.append("/\(join.path): chunks are split into shape \(split.chunkShape): \(reason)")
            return
        }
        report(join, cells, differences, reason)
    }

    /// Has what several inputs say of the same places compared.
    private mutating func compare(
        _ filling: VariableJoin.Filling, of join: VariableJoin,
        _ inherited: [(from: TimeUnits, to: TimeUnits)?]
    ) {
        let sharers = filling.sharers
        guard !sharers.isEmpty, !request.overrides.contains(.values) else { return }
        var places = SharedPlaces(join: join, cells: filling.allCells, sharers: sharers)
        guard places.isComparable else {
            decisions.append(
                "/\(join.path) is taken from the first input of each place; it is too large to compare")
            return
        }
        let involved = places.owners.union(sharers).sorted()
        for number in involved.dropFirst() {
            let (one, other) = (join.occurrences[involved[0]], join.occurrences[number])
            let units = [involved[0], number].map { inherited[$0]?.from }
            if one.variable.schema !== other.variable.schema {
                let (mine, theirs) = (one.variable.schema.array, other.variable.schema.array)
                let found = Compatibility.differences(mine, theirs, request.overrides)
                let comparison = ValueComparison(
                    one: mine, other: theirs)
                if let difference = found.first(where: { !comparison.settles($0) }) {
                    problems.add(
                        variable: join.path,
                        difference.text(names[one.input], names[other.input])
                            + ", so their values for the same places cannot be compared",
                        kind: difference.what, check: .values, remedy: "--drop \(join.path) leaves it out")
                    return
                }
                if !found.isEmpty { places.comparesValues = true }
            }
            if units[0] != units[1] {
                problems.add(
                    variable: join.path,
                    "its times have other units in \(names[other.input]) than in \(names[one.input]), so their values for the same places cannot be compared",
                    kind: "times", check: .values, remedy: "--drop \(join.path) leaves it out")
                return
            }
        }
        shared.append(places)
    }

    /// Why chunks cannot stand beside each other.
    private struct Obstacle: CustomStringConvertible {
        let description: String
        var isAboutMissingChunks = false
    }

    /// Why the variable cannot be joined by reference; nil where it can.
    private func reason(
        against join: VariableJoin, _ cells: Cells, _ array: VirtualArray, _ gaps: Gaps,
        _ differences: [(Difference, Occurrence)], _ inherited: [(from: TimeUnits, to: TimeUnits)?],
        _ chunkShape: [UInt64]
    ) throws(KerchunkError) -> Obstacle? {
        if let (difference, occurrence) = differences.first(where: { !$0.0.isChunkShape })
            ?? differences.first
        {
            return Obstacle(
                description: difference.text(names[join.occurrences[0].input], names[occurrence.input]))
        }
        if inherited.contains(where: { $0 != nil }) {
            return Obstacle(description: "its times are converted like those of its coordinate")
        }
        if let misalignment = join.misalignment(cells, chunkShape: chunkShape, names) {
            return Obstacle(description: misalignment)
        }
        if case .refilled = gaps, let input = try inputWithMissingChunks(join, array) {
            let old = join.reference.missing.unwritten.json(for: join.reference.dataType).serialized()
            return Obstacle(
                description:
                    "\(cells.owners.contains(-1) ? "it has gaps" : "other inputs have missing chunks that read as NaN"), and \(names[input]) has missing chunks, which must still read as its fill value \(old)",
                isAboutMissingChunks: true)
        }
        return nil
    }

    /// What later occurrences have other than the first one, once for each schema.
    func metadataDifferences(_ occurrences: [Occurrence]) -> [(Difference, Occurrence)] {
        let reference = occurrences[0].variable.schema
        var checked: [ObjectIdentifier: [Difference]] = [:]
        var differences: [(Difference, Occurrence)] = []
        for occurrence in occurrences.dropFirst() where occurrence.variable.schema !== reference {
            let id = ObjectIdentifier(occurrence.variable.schema)
            let other = occurrence.variable.schema.array
            let found =
                checked[id]
                ?? Compatibility.differences(reference.array, other, request.overrides)
                + Compatibility.chunkDifferences(reference.array, other, codecs)
            checked[id] = found
            differences += found.map { ($0, occurrence) }
        }
        return differences
    }

    private mutating func report(
        _ join: VariableJoin, _ cells: Cells, _ differences: [(Difference, Occurrence)], _ reason: Obstacle?
    ) {
        let first = join.occurrences[0].input
        let differing = differences.filter { !$0.0.isChunkShape }
        report(join.path, first: first, differing, loads: Self.loading(join))
        for (difference, occurrence) in differences where difference.isChunkShape {
            // Zarr has grids of several chunk lengths, named rectilinear, which zarr-python 3.1 does not read.
            problems.add(
                variable: join.path,
                difference.text(names[first], names[occurrence.input])
                    + "; all chunks of an array have one shape, since current readers do not support rectilinear chunk grids",
                kind: difference.what, remedy: wayOut(join, cells))
        }
        guard differences.isEmpty, let reason else { return }
        problems.add(
            variable: join.path, reason.description, kind: "alignment",
            remedy: wayOut(join, cells, canSplit: !reason.isAboutMissingChunks))
    }

    /// Bytes up to which it is recommended to read a variable, as its values are written into the references.
    private static let recommendedLoad: UInt64 = 256 << 20

    /// What helps where chunks cannot stand beside each other.
    private func wayOut(_ join: VariableJoin, _ cells: Cells, canSplit: Bool = true) -> String {
        var ways: [String] = []
        if let advice = Self.loading(join) { ways.append(advice) }
        if canSplit, !request.subchunks, Splitting(join, cells) != nil {
            ways.append("--subchunk splits its chunks")
        }
        guard ways.isEmpty else { return ways.joined(separator: ", or ") }
        let size = ValueLoading.size(join.shape, join.reference.dataType) ?? .max
        return
            "its \(size) bytes are too many to embed in references: rewrite the files with chunks that fit, or --drop \(join.path)"
    }

    /// The advice to read a variable, and what that costs; nil where that is no advice.
    private static func loading(_ join: VariableJoin) -> String? {
        guard join.reference.dataType != .object,
            let size = ValueLoading.size(join.shape, join.reference.dataType), size <= recommendedLoad
        else { return nil }
        let advice = "--load \(join.path) reads its values"
        return size > 1 << 20
            ? advice + " and writes all \((size + 1 << 19) >> 20) MiB of them inline"
            : advice + " (\(size) bytes)"
    }

    /// Tells what stands against joining a variable.
    /// - Parameter loads: the advice to read it.
    mutating func report(
        _ path: String, first: Int, _ differences: [(Difference, Occurrence)], loads: String? = nil
    ) {
        for (difference, occurrence) in differences {
            problems.add(
                variable: path, difference.text(names[first], names[occurrence.input]),
                kind: difference.what,
                check: difference.check == .units && difference.isLoadable ? nil : difference.check,
                remedy: difference.isLoadable ? loads ?? "--load \(path) reads its values" : nil,
                consequence: difference.consequence(names[first], names[occurrence.input]))
        }
    }

    // MARK: What users take upon them

    /// Tells of differences that were not looked at, as the user wishes, and what that does to values.
    mutating func noteOverrides(
        _ path: String, _ occurrences: [Occurrence],
        _ kinds: Set<CombineRequest.Check> = [.units, .packing, .fill]
    ) {
        let overridden = request.overrides.intersection(kinds)
        guard !overridden.isEmpty else { return }
        let first = occurrences[0]
        var noted: Set<ExactText> = []
        for other in occurrences.dropFirst() where other.variable.schema !== first.variable.schema {
            let found = Compatibility.differences(
                first.variable.schema.array, other.variable.schema.array, [])
            for difference in found where noted.insert(difference.what).inserted {
                guard let check = difference.check, overridden.contains(check),
                    check != .units || !difference.isLoadable
                else { continue }
                let (one, two) = (names[first.input], names[other.input])
                let consequence = difference.consequence(one, two).map { ": \($0)" } ?? ""
                warnings.append(
                    "/\(path): \(difference.text(one, two)), which --override \(check.rawValue) ignores\(consequence)"
                )
            }
        }
    }

    /// Tells what a fill value that was given does to values that are the same.
    private mutating func noteFill(_ join: VariableJoin, _ gaps: Gaps) {
        guard case .refilled = gaps, let wanted = givenFill(of: join) else { return }
        decisions.append(
            "/\(join.path): \(wanted) marks its gaps, and also reads as missing where it is a value of an input"
        )
    }

    /// The fill value that the user gave the variable.
    private func givenFill(of join: VariableJoin) -> CoordinateKey? {
        request.fillValue(of: join.path)
    }

    // MARK: Reading values

    /// Nil where the variable is too large to be read, or reading would not help.
    private func loading(
        _ join: VariableJoin, _ cells: Cells, _ differences: [Difference],
        _ inherited: [(from: TimeUnits, to: TimeUnits)?], _ array: VirtualArray
    ) -> ValueLoading? {
        guard differences.allSatisfy(\.isLoadable), join.reference.dataType != .object,
            let size = ValueLoading.size(join.shape, join.reference.dataType),
            size <= request.loadThreshold || CombineNames(request.loaded).contain(join.path)
        else { return nil }
        var times = inherited
        for (index, occurrence) in join.occurrences.enumerated() {
            guard let new = TimeUnits(of: join.reference),
                let old = TimeUnits(of: occurrence.variable.schema.array), !old.means(new)
            else { continue }
            let isPossible = TimeConversion(from: old, to: new)?.isPossible ?? false
            if isPossible || !request.overrides.contains(.units) { times[index] = (old, new) }
        }
        let loading = ValueLoading(
            join: join, cells: cells, times: times, array: array,
            names: names)
        return loading.isAlike || loading.hasKnownTypes ? loading : nil
    }

    /// By occurrence: the units of a bounds variable, which are those of its coordinate, where these are converted.
    private func inheritedTimes(_ join: VariableJoin) -> [(from: TimeUnits, to: TimeUnits)?] {
        guard join.reference.attributes["units"] == nil else { return join.occurrences.map { _ in nil } }
        return join.occurrences.map { occurrence in
            for axis in join.axes where bounds(of: axis.plan).contains(occurrence.variable.name) {
                guard let new = unitsOfBounds(axis.plan), let old = axis.plan.converted[occurrence.input],
                    !old.means(new)
                else { continue }
                return (old, new)
            }
            return nil
        }
    }

    /// The units that bounds of a coordinate have in the output: its own, or those of the first input where it becomes
    /// a datetime, which has none.
    private func unitsOfBounds(_ axis: AxisPlan) -> TimeUnits? {
        axis.values?.time ?? axis.converted.lazy.compactMap { $0 }.first
    }

    /// Gives bounds the units that their coordinate no longer has.
    private func addUnits(_ join: VariableJoin, to array: inout VirtualArray) {
        guard array.attributes["units"] == nil else { return }
        for axis in join.axes {
            guard case .datetime? = axis.plan.values?.type, let units = unitsOfBounds(axis.plan),
                bounds(of: axis.plan).contains(join.occurrences[0].variable.name)
            else { continue }
            array.attributes["units"] = .string(units.units)
            if let calendar = units.calendar { array.attributes["calendar"] = .string(calendar) }
        }
    }

    /// Variables that a coordinate names as its bounds; they have its units.
    private func bounds(of axis: AxisPlan) -> [String] {
        let path = axis.scope.isEmpty ? axis.dimension : axis.scope + "/" + axis.dimension
        for input in inputs {
            guard let variable = input.variables.first(where: { $0.path.isExactly(path) }) else { continue }
            return ["bounds", "climatology"].compactMap { variable.schema.array.attributes[$0]?.string }
        }
        return []
    }
}
