// SPDX-License-Identifier: Apache-2.0
// Where inputs land along one dimension.

import KerchunkBytes
import KerchunkModel
import Testing

@testable import KerchunkCombining

@Suite struct AxisPlannerTests {
    private func plan(
        _ values: [[Double]], units: [String?] = [], _ change: (inout CombineRequest) -> Void = { _ in }
    ) -> (axis: AxisPlan?, problems: [String]) {
        var request = CombineRequest()
        change(&request)
        let extents = values.enumerated().map { index, values in
            AxisPlanner.Extent.values(
                AxisValues(
                    keys: values.map { .real($0) }, type: double,
                    time: index < units.count
                        ? units[index].map { TimeUnits(units: $0, calendar: nil) } : nil))
        }
        var problems = CombineProblems()
        let planner = AxisPlanner(
            dimension: "z", scope: "", request: request, names: values.indices.map { "f\($0)" })
        return (planner.plan(extents, &problems), problems.all.map(\.line))
    }

    private func numbers(_ axis: AxisPlan?) -> [Double]? { axis?.values?.keys.compactMap(\.double) }
    private func pieces(_ axis: AxisPlan?) -> [[[UInt64]]]? {
        axis?.pieces.map { $0.map { [$0.start, $0.count, $0.position] } }
    }

    @Test func inputsLandWhereTheirValuesSay() {
        let (axis, _) = plan([[4, 5], [0, 1], [2, 3]])
        #expect(numbers(axis) == [0, 1, 2, 3, 4, 5])
        #expect(pieces(axis) == [[[0, 2, 4]], [[0, 2, 0]], [[0, 2, 2]]])
    }

    @Test func descendingInputsStayDescending() {
        let (axis, _) = plan([[3, 2], [5, 4], [1]])
        #expect(numbers(axis) == [5, 4, 3, 2, 1])
        #expect(pieces(axis) == [[[0, 2, 2]], [[0, 2, 0]], [[0, 1, 4]]])
    }

    @Test func singleStepsAscend() {
        #expect(numbers(plan([[3], [1], [2]]).axis) == [1, 2, 3])
    }

    @Test func interleavedInputsFallIntoRuns() {
        let (axis, _) = plan([[0, 1, 4], [2, 3]])
        #expect(pieces(axis) == [[[0, 2, 0], [2, 1, 4]], [[0, 2, 2]]])
    }

    @Test func theSameValuesLieInTheSamePlace() {
        let (axis, _) = plan([[0, 1], [0, 1], [1, 2]])
        #expect(numbers(axis) == [0, 1, 2])
        #expect(pieces(axis) == [[[0, 2, 0]], [[0, 2, 0]], [[0, 2, 1]]])
    }

    @Test func theGivenOrderStays() {
        let (axis, _) = plan([[4, 9], [0, -1], [4, 9]]) { $0.order = .input }
        #expect(numbers(axis) == [4, 9, 0, -1])
        #expect(pieces(axis) == [[[0, 2, 0]], [[0, 2, 2]], [[0, 2, 0]]])
    }

    @Test func mixedDirectionsAreAProblem() {
        let (axis, problems) = plan([[0, 1], [3, 2]])
        #expect(axis == nil)
        #expect(problems.count == 1 && problems[0].contains("f0") && problems[0].contains("f1"))
    }

    @Test(arguments: [[[0.0, 2, 1], [3]], [[0, 0], [3]], [[0, .nan], [3]]])
    func whatHasNoOrderIsAProblem(_ values: [[Double]]) {
        let (axis, problems) = plan(values)
        #expect(axis == nil && problems.count == 1)
    }

    @Test func timesAreConvertedToTheFirstUnits() {
        let (axis, _) = plan(
            [[0, 1], [12, 60]], units: ["days since 2000-01-01", "hours since 2000-01-03"])
        #expect(numbers(axis) == [0, 1, 2.5, 4.5])
        #expect(axis?.values?.time?.units == "days since 2000-01-01")
        #expect(axis?.converted.map { $0?.units } == [nil, "hours since 2000-01-03"])
    }

    @Test func timesBecomeDatetimes() {
        let (axis, _) = plan([[0.5], [1]], units: ["days since 1970-01-01", "days since 1970-01-02"]) {
            $0.setType(.datetime(unit: "s", .little), ofCoordinate: "z")
        }
        #expect(numbers(axis) == [43200, 172800])
        #expect(axis?.values?.time == nil)
    }

    @Test func unitsThatMeanTheSameAreNotConverted() {
        let (axis, _) = plan([[0], [1]], units: ["days since 2000-01-01", "Days since 2000-1-1 00:00 UTC"])
        #expect(numbers(axis) == [0, 1] && axis?.converted == [nil, nil])
    }

    /// Times that convert are converted; the same numbers would be other times.
    @Test func overriddenUnitsDoNotChangeTimes() {
        let units = ["hours since 2000-01-01", "hours since 2000-01-01 05:00"]
        #expect(
            numbers(plan([[0, 1], [2, 3]], units: units) { $0.overrides = [.units] }.axis) == [0, 1, 7, 8])
        let (axis, problems) = plan([[0, 1], [1, 2]], units: units) { $0.overrides = [.units] }
        #expect(axis == nil && problems[0].contains("different times"))
    }

    private func packed(_ numbers: [Int64], scale: Double) throws -> AxisPlanner.Extent {
        var array = VirtualArray(
            shape: [UInt64(numbers.count)], chunkShape: [UInt64(numbers.count)],
            dataType: .integer(isSigned: true, width: 2, .little), dimensionNames: ["z"],
            chunks: MemoryManifest.empty(.scalar))
        array.attributes["scale_factor"] = .real(scale)
        let elements = try #require(try ElementCoding(array.dataType).elements(numbers.map { .integer($0) }))
        return .values(try AxisValues(elements, of: array, isCoordinate: true))
    }

    @Test func packedValuesAreUnpackedWhereTheyArePackedOtherwise() throws {
        var problems = CombineProblems()
        let planner = AxisPlanner(dimension: "z", scope: "", request: CombineRequest(), names: ["a", "b"])
        let other = planner.plan(
            [try packed([4, 6], scale: 0.5), try packed([2, 4], scale: 0.25)], &problems)
        #expect(numbers(other) == [0.5, 1, 2, 3])
        #expect(other?.values?.type == double && other?.values?.packing == nil)
        let same = planner.plan(
            [try packed([4, 6], scale: 0.5), try packed([2, 3], scale: 0.5)], &problems)
        #expect(numbers(same) == [2, 3, 4, 6])
        #expect(same?.values?.packing != nil && same?.values?.label(0) == "1.0")
    }

    @Test func unitsThatDoNotConvertAreAProblem() {
        let (axis, problems) = plan(
            [[0], [1]], units: ["days since 2000-01-01", "fortnights since 2000-01-01"])
        #expect(axis == nil && problems.count == 1)
    }

    @Test func inputsWithoutValuesFollowEachOther() {
        var problems = CombineProblems()
        let planner = AxisPlanner(
            dimension: "z", scope: "", request: CombineRequest(), names: ["a", "b", "c"])
        let axis = planner.plan([.length(3), .absent, .length(2)], &problems)
        #expect(pieces(axis) == [[[0, 3, 0]], [], [[0, 2, 3]]])
        #expect(
            planner.plan([.length(3), .values(AxisValues(keys: [.integer(1)], type: double))], &problems)
                == nil)
    }

    @Test func irregularStepsAreFound() throws {
        let axis = try #require(plan([[0, 1, 2], [4, 5]]).axis)
        let steps = try #require(axis.irregularSteps(limit: 5))
        #expect(steps.step == 1 && steps.count == 1)
        #expect(steps.places.map { [$0.from, $0.to] } == [[.real(2), .real(4)]])
    }
}
