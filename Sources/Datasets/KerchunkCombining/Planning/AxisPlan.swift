// SPDX-License-Identifier: Apache-2.0
// Where the inputs land along one joined dimension.

import KerchunkModel
public import KerchunkReferences

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
    /// Whether they come from another variable of the inputs and only say where these lie.
    var isImplied = false
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

    /// Whether it has elements that no input before number `first` has.
    func isExtended(from first: Int) -> Bool {
        var end: UInt64 = 0
        for piece in pieces.prefix(first).joined().sorted(by: { $0.position < $1.position }) {
            guard piece.position <= end else { return true }
            end = max(end, piece.end)
        }
        return end < length
    }

    /// How the values follow each other, unpacked; nil for texts, and for fewer than three.
    public var steps: CoordinateSteps? {
        guard let values = values?.unpacked, values.keys.count > 2,
            values.keys.allSatisfy({ $0.double != nil })
        else { return nil }
        return CoordinateSteps(
            values.keys.map(\.timeValue), type: values.type, time: values.time?.time, label: values.label)
    }

    /// Steps between neighbouring values that differ from the usual one.
    /// - Returns: the usual step in units of the coordinate, nil where it is counted in months, and up to `limit` places
    ///   where it is another; nil where no step is usual.
    public func irregularSteps(limit: Int) -> (
        step: Double?, places: [(from: CoordinateKey, to: CoordinateKey)], count: Int
    )? {
        guard let keys = values?.unpacked.keys, let steps, let usual = steps.step else { return nil }
        let differences = zip(keys.dropFirst(), keys).compactMap { next, this in
            next.double.flatMap { next in this.double.map { next - $0 } }
        }.sorted()
        let isFixed =
            switch usual {
            case .number, .duration: true;
            case .months, .days: false
            }
        return (
            isFixed ? differences[differences.count / 2] : nil,
            steps.places.prefix(limit).map { (keys[$0.index], keys[$0.index + 1]) }, steps.count
        )
    }
}
