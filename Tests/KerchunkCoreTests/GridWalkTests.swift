// SPDX-License-Identifier: Apache-2.0

import KerchunkModel
import Testing

@Suite struct GridWalkTests {
    @Test func theLastAxisIsTheFastest() {
        var walk = GridWalk([2, 1, 3])
        var cells: [[UInt64]] = []
        repeat { cells.append(walk.coordinates) } while walk.advance()
        #expect(cells == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [1, 0, 0], [1, 0, 1], [1, 0, 2]])
        #expect(walk.coordinates == [0, 0, 0])
        walk.move(to: 4)
        #expect(walk.coordinates == [1, 0, 1])
        walk.advance()
        #expect(walk.coordinates == [1, 0, 2])
    }

    @Test func aScalarHasOneCell() {
        var walk = GridWalk([])
        #expect(walk.coordinates.isEmpty)
        let goesOn = walk.advance()
        #expect(!goesOn)
    }

    private func runs(_ box: BoxInArrays) -> [[Int]] { box.map { [$0.from, $0.to, $0.count] } }

    @Test func aBoxIsItsRows() {
        // Two rows of two elements from [1, 1] of a 3 by 4 array to [0, 3] of a 2 by 5 one.
        let box = BoxInArrays([2, 2], from: .init([1, 1], of: [3, 4]), to: .init([0, 3], of: [2, 5]))
        #expect(runs(box) == [[5, 3, 2], [9, 8, 2]])
    }

    @Test func whatGoesOnInBothArraysIsOneRun() {
        let whole = BoxInArrays(
            [2, 3, 4], from: .init([0, 0, 0], of: [2, 3, 4]), to: .init([5, 0, 0], of: [9, 3, 4]))
        #expect(runs(whole) == [[0, 60, 24]])
        let rows = BoxInArrays(
            [2, 3, 4], from: .init([0, 0, 0], of: [2, 3, 4]), to: .init([0, 1, 0], of: [2, 5, 4]))
        #expect(runs(rows) == [[0, 4, 12], [12, 24, 12]])
        #expect(runs(BoxInArrays([], from: .init([], of: []), to: .init([], of: []))) == [[0, 0, 1]])
        #expect(
            runs(BoxInArrays([1, 1], from: .init([2, 1], of: [3, 2]), to: .init([0, 0], of: [1, 1])))
                == [[5, 0, 1]])
    }

    @Test func axesMayBeExchangedOrAbsent() {
        // Columns of a 2 by 3 array as rows.
        let turned = BoxInArrays(
            [3, 2], from: .init([0, 0], of: [2, 3], axes: [1, 0]), to: .init([0, 0], of: [3, 2]))
        #expect(turned.map(\.from) == [0, 3, 1, 4, 2, 5])
        #expect(turned.map(\.to) == [0, 1, 2, 3, 4, 5])
        // The same row for each step of an axis that it lacks.
        let repeated = BoxInArrays(
            [2, 3], from: .init([0], of: [3], axes: [nil, 0]), to: .init([0, 0], of: [2, 3]))
        #expect(runs(repeated) == [[0, 0, 3], [0, 3, 3]])
    }

    @Test func anEmptyBoxHasNoRuns() {
        let box = BoxInArrays([2, 0], from: .init([0, 0], of: [2, 2]), to: .init([0, 0], of: [2, 2]))
        #expect(runs(box).isEmpty)
    }

    @Test func arraysThatCannotBeCountedDoNotTrap() {
        let box = BoxInArrays(
            [1, 1, 2], from: .init([0, 0, 7], of: [1 << 40, 1 << 40, 1 << 40]),
            to: .init([0, 0, 0], of: [1, 1, 2]))
        #expect(runs(box) == [[7, 0, 2]])
    }

    /// All elements of random boxes, against coordinates that are divided out for each element.
    @Test func randomBoxesMatchTheirElements() {
        var seed: UInt64 = 7
        func random(_ below: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % below
        }
        for _ in 0..<200 {
            let rank = Int(random(4)) + 1
            let shape = (0..<rank).map { _ in random(3) + 1 }
            let starts = [shape.map { _ in random(3) }, shape.map { _ in random(3) }]
            let arrays = starts.map { start in zip(shape, start).map { $0 + $1 + random(2) } }
            let box = BoxInArrays(
                shape, from: .init(starts[0], of: arrays[0]), to: .init(starts[1], of: arrays[1]))
            var found: [[UInt64]] = []
            for run in box {
                for index in 0..<run.count {
                    found.append([UInt64(run.from + index), UInt64(run.to + index)])
                }
            }
            let grids = arrays.compactMap { ChunkGrid(shape: $0) }
            let cells = ChunkGrid(shape: shape)
            var expected: [[UInt64]] = []
            for number in 0..<(cells?.count ?? 0) {
                let step = cells?.coordinates(of: number) ?? []
                expected.append(
                    zip(grids, starts).map { grid, start in
                        grid.position(of: zip(start, step).map { $0 + $1 })
                    })
            }
            #expect(found == expected, "shape \(shape), starts \(starts), arrays \(arrays)")
        }
    }
}
