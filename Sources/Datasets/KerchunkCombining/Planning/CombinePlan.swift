// SPDX-License-Identifier: Apache-2.0
// What a combination will do: a value that can be shown, saved and sent to workers.

public import KerchunkBytes
public import KerchunkModel

/// An array of the output.
public struct ArrayPlan: Sendable {
    public let path: String
    /// Its metadata; its chunks are empty.
    public var array: VirtualArray
    public var content: Content
    /// Inputs whose values went into `values`, ascending.
    public var valueInputs: [Int] = []

    public enum Content: Sendable {
        /// The chunks of an input, unchanged.
        case copied(ArrayPart)
        /// Chunks of many inputs.
        case joined(Join)
        /// Values that were read, as the bytes of the one chunk.
        case values(Bytes)
    }

    /// An array of an input.
    public struct ArrayPart: Hashable, Sendable {
        public let input: Int
        public let path: String
        /// Chunks along each axis of the input's array.
        public let gridShape: [UInt64]
        /// How the input's chunks are cut first; 1 where they are not.
        public var splitFactor: UInt64 = 1
    }

    /// Which part of which input lands where.
    public struct Join: Sendable {
        public var axes: [JoinedAxis]
        public var parts: [Part]
        /// By cell of the segments of all axes, the last axis fastest: the part that it comes from; -1 for none.
        public var cells: [Int32]
    }

    /// An axis of the output that several inputs lie along.
    public struct JoinedAxis: Sendable {
        /// The number of the axis in the output.
        public let number: Int
        /// Where segments start, in chunks of the output; the last one is the end.
        public let starts: [UInt64]
        /// Whether inputs lack the axis.
        public let isNew: Bool
    }

    /// An input's array in its place.
    public struct Part: Sendable {
        public let source: ArrayPart
        /// By joined axis: the runs of the input's chunks, as (first chunk of the input, count, first of the output).
        public let runs: [[AxisPiece]]
    }
}

/// The whole of a combination.
public struct CombinePlan: Sendable {
    /// Names of the inputs as the user gave them.
    public let inputs: [String]
    /// Their states; empty where they are not known.
    public let stamps: [SourceStamp]
    public let groups: [(path: String, attributes: JSONObject)]
    public let axes: [AxisPlan]
    public let arrays: [ArrayPlan]
    /// What was decided without being asked for, and why.
    public let decisions: [String]
    /// Attributes that differ without changing values; those of the first input are kept.
    public let differences: [Issue]
    /// What was left out.
    public let issues: [Issue]
    /// What is taken from one input, though another has it, too; not known of a saved plan, whose decisions tell it.
    public internal(set) var dropped: [DroppedValues] = []
    /// Those of the decisions that may not be what was meant, or cost values; not known of a saved plan.
    public internal(set) var warnings: [String] = []

    /// Whether something comes from input number `first` or a later one: chunks, values that were read, or elements of a
    /// joined dimension.
    public func usesInputs(from first: Int) -> Bool {
        if axes.contains(where: { $0.isExtended(from: first) }) { return true }
        return arrays.contains { planned in
            switch planned.content {
            case .values: planned.valueInputs.contains { $0 >= first }
            case .copied(let part): part.input >= first
            case .joined(let join):
                join.cells.contains { $0 >= 0 && join.parts[Int($0)].source.input >= first }
            }
        }
    }

    /// Whether inputs alternate in the order of some output's chunks, so that each is met again and again.
    public var alternates: Bool {
        arrays.contains { planned in
            guard case .joined(let join) = planned.content, let last = join.axes.last, last.starts.count > 2
            else {
                return false
            }
            let lines = zip(planned.array.shape, planned.array.chunkShape).prefix(last.number)
                .reduce(UInt64(1)) { $0.multiplied(by: $1.0.dividedRoundingUp(by: max(1, $1.1))) ?? .max }
            return lines > 2
        }
    }
}
