// SPDX-License-Identifier: Apache-2.0
// Where the inputs land along one joined dimension.

import KerchunkModel

/// A run of an input's elements along a dimension.
public struct AxisPiece: Hashable, Sendable {
    /// The first element in the input.
    public let start: UInt64
    public let count: UInt64
    /// The first element in the output.
    public let position: UInt64

    var end: UInt64 { position + count }
}

/// A joined dimension of the output.
public struct AxisPlan: Sendable {
    public let dimension: String
    /// The group whose variables it is for, and those of groups below without one of their own.
    public let scope: String
    /// Elements.
    public let length: UInt64
    /// The values of the output; nil where no input has any.
    public internal(set) var values: AxisValues?
    /// By input, in the order of the input; empty for inputs that do not have the dimension.
    public let pieces: [[AxisPiece]]
    /// By input: the units that its values were converted from; nil where they were as they are in the output.
    public let converted: [TimeUnits?]

    /// Where some input starts or ends, ascending, 0 and the length included.
    var cuts: [UInt64] {
        var cuts: Set<UInt64> = [0, length]
        for piece in pieces.joined() {
            cuts.insert(piece.position)
            cuts.insert(piece.end)
        }
        return cuts.sorted()
    }

    /// Steps between neighbouring values that differ from the most common one.
    /// - Returns: the common step, and up to `limit` places where it is another; nil where there is no common step.
    public func irregularSteps(limit: Int) -> (
        step: Double, places: [(from: CoordinateKey, to: CoordinateKey)], count: Int
    )? {
        guard let keys = values?.keys, keys.count > 2 else { return nil }
        let numbers = keys.compactMap(\.double)
        guard numbers.count == keys.count else { return nil }
        let steps = zip(numbers.dropFirst(), numbers).map { $0 - $1 }
        var counts: [Double: Int] = [:]
        for step in steps { counts[step, default: 0] += 1 }
        guard let common = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
            common.value > steps.count / 2
        else { return nil }
        let tolerance = abs(common.key) * 1e-6
        let places = steps.indices.filter { abs(steps[$0] - common.key) > tolerance }
        return (
            common.key, places.prefix(limit).map { (keys[$0], keys[$0 + 1]) }, places.count
        )
    }
}
