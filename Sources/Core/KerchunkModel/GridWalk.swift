// SPDX-License-Identifier: Apache-2.0
// Steps through grids in C order, and through boxes that lie in two arrays.

/// Goes from cell to cell of a grid, the last axis fastest.
package struct GridWalk {
    package let shape: [UInt64]
    /// The cell at hand; inside the grid, where that has cells at all.
    package private(set) var coordinates: [UInt64]

    /// Starts at the first cell.
    package init(_ shape: [UInt64]) {
        self.shape = shape
        coordinates = [UInt64](repeating: 0, count: shape.count)
    }

    /// Goes to the cell at `position`, counted in C order.
    package mutating func move(to position: UInt64) {
        var rest = position
        for axis in coordinates.indices.reversed() where shape[axis] > 0 {
            (rest, coordinates[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis])
        }
    }

    /// Goes one cell further.
    /// - Returns: false behind the last cell, from which it comes back to the first.
    @discardableResult package mutating func advance() -> Bool {
        var axis = coordinates.count - 1
        while axis >= 0 {
            coordinates[axis] += 1
            if coordinates[axis] < shape[axis] { return true }
            coordinates[axis] = 0
            axis -= 1
        }
        return false
    }
}

/// A box of elements that lies in two arrays, as runs that lie behind each other in both.
package struct BoxInArrays: Sequence {
    /// The box in one of the arrays.
    package struct Side {
        /// The number, in C order, of the element that is the first of the box.
        let start: Int
        /// How far the number moves with one step along each axis of the box; 0 where the array has no such axis.
        var strides: [Int]

        // Numbers wrap around where an array is too large to be counted, so those that fit come out right.
        /// - Parameter axes: the axis of the array that each axis of the box is; nil where it has none of that kind.
        package init(_ origin: [UInt64], of shape: [UInt64], axes: [Int?]) {
            var strides = [Int](repeating: 1, count: shape.count)
            for axis in stride(from: shape.count - 2, through: 0, by: -1) {
                strides[axis] = strides[axis + 1] &* Int(truncatingIfNeeded: shape[axis + 1])
            }
            start = zip(origin, strides).reduce(0) { $0 &+ Int(truncatingIfNeeded: $1.0) &* $1.1 }
            self.strides = axes.map { axis in axis.map { strides[$0] } ?? 0 }
        }

        /// The box has the axes of the array.
        package init(_ origin: [UInt64], of shape: [UInt64]) {
            self.init(origin, of: shape, axes: Array(shape.indices))
        }
    }

    /// `count` elements from number `from` of one array on, and from number `to` of the other.
    package struct Run: Hashable {
        package let from: Int
        package let to: Int
        package let count: Int
    }

    private let isEmpty: Bool
    /// Of the axes that runs do not lie along, with more than one element.
    private var extents: [Int] = []
    private var fromStrides: [Int] = []
    private var toStrides: [Int] = []
    private let first: Run

    /// - Parameter shape: of the box, which lies inside both arrays.
    package init(_ shape: [UInt64], from: Side, to: Side) {
        isEmpty = shape.contains(0)
        var length = 1
        for axis in shape.indices.reversed() where shape[axis] > 1 {
            let extent = Int(clamping: shape[axis])
            if extents.isEmpty, from.strides[axis] == length, to.strides[axis] == length {
                // What is as long as the arrays' own axes goes on in the next one.
                length *= extent
            } else {
                extents.append(extent)
                fromStrides.append(from.strides[axis])
                toStrides.append(to.strides[axis])
            }
        }
        first = Run(from: from.start, to: to.start, count: length)
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    package struct Iterator: IteratorProtocol {
        private let box: BoxInArrays
        private var following: Run?
        /// Steps along each of the box's axes, the fastest first.
        private var steps: [Int]

        fileprivate init(_ box: BoxInArrays) {
            self.box = box
            following = box.isEmpty ? nil : box.first
            steps = [Int](repeating: 0, count: box.extents.count)
        }

        package mutating func next() -> Run? {
            guard let run = following else { return nil }
            var from = run.from
            var to = run.to
            following = nil
            for axis in steps.indices {
                steps[axis] += 1
                if steps[axis] < box.extents[axis] {
                    following = Run(
                        from: from &+ box.fromStrides[axis], to: to &+ box.toStrides[axis], count: run.count)
                    break
                }
                steps[axis] = 0
                from &-= (box.extents[axis] - 1) &* box.fromStrides[axis]
                to &-= (box.extents[axis] - 1) &* box.toStrides[axis]
            }
            return run
        }
    }
}
