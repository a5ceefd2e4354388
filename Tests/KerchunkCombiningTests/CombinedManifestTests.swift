// SPDX-License-Identifier: Apache-2.0
// Chunks of many inputs on one grid, against placing them one by one.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import Testing

@testable import KerchunkCombining

/// A random join, and what each chunk of it must be.
private struct RandomJoin {
    var join: ArrayPlan.Join
    var grid = ChunkGrid.scalar
    var inputs: [VirtualDataset] = []
    /// By position: the URL and the position in the input; nil for none.
    var expected: [String?] = []

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rank = random.pick(1...4)
        let numbers = Array((0..<rank).shuffled(using: &random).prefix(random.pick(1...min(3, rank))))
            .sorted()
        var shape = (0..<rank).map { _ in UInt64(random.pick(1...3)) }
        var axes: [ArrayPlan.JoinedAxis] = []
        for number in numbers {
            var starts: [UInt64] = [0]
            for _ in 0..<random.pick(1...4) { starts.append((starts.last ?? 0) + UInt64(random.pick(1...3))) }
            shape[number] = starts.last ?? 0
            axes.append(ArrayPlan.JoinedAxis(number: number, starts: starts, isNew: random.chance(30)))
        }
        // Not all axes of the output can be new ones of a scalar's.
        join = ArrayPlan.Join(axes: axes, parts: [], cells: [])
        grid = ChunkGrid(shape: shape) ?? .scalar
        let counts = axes.map { $0.starts.count - 1 }
        let cellCount = counts.reduce(1, *)
        var covered: [[Int]] = Array(repeating: [], count: cellCount)
        for number in 0..<random.pick(1...5) { addPart(number, shape, counts, &covered, &random) }
        join.cells = covered.map { owners in
            owners.isEmpty || random.chance(10) ? -1 : Int32(owners[random.pick(0...owners.count - 1)])
        }
        expected = (0..<grid.count).map { place($0, counts) }
    }

    /// An input that covers some segments of each axis, which lie behind each other in it.
    private mutating func addPart(
        _ number: Int, _ shape: [UInt64], _ counts: [Int], _ covered: inout [[Int]],
        _ random: inout SeededGenerator
    ) {
        var runs: [[AxisPiece]] = []
        var segments: [[Int]] = []
        var own = shape
        for axis in join.axes {
            let all = 0..<axis.starts.count - 1
            var chosen = all.filter { _ in random.chance(60) }
            if chosen.isEmpty { chosen = [random.pick(0...all.count - 1)] }
            var next = UInt64(axis.isNew ? 0 : random.pick(0...2))
            var pieces: [AxisPiece] = []
            for segment in chosen {
                let count = axis.starts[segment + 1] - axis.starts[segment]
                pieces.append(
                    AxisPiece(start: axis.isNew ? 0 : next, count: count, position: axis.starts[segment]))
                next += count
            }
            own[axis.number] = axis.isNew ? 1 : next + UInt64(random.pick(0...1))
            runs.append(pieces)
            segments.append(chosen)
        }
        let isNew = Set(join.axes.filter(\.isNew).map(\.number))
        let gridShape = own.indices.filter { !isNew.contains($0) }.map { own[$0] }
        let path = "a"
        join.parts.append(
            ArrayPlan.Part(
                source: ArrayPlan.ArrayPart(input: number, path: path, gridShape: gridShape), runs: runs))
        var dataset = VirtualDataset()
        // Sources of an input are not in the order of the output's.
        for other in 0..<random.pick(0...2) { _ = dataset.sources.intern("/other\(other)") }
        let source = dataset.sources.intern("/f\(number)")
        var builder = ManifestBuilder(grid: ChunkGrid(shape: gridShape) ?? .scalar)
        for position in 0..<builder.grid.count {
            switch random.pick(0...9) {
            case 0: break
            case 1:
                builder.set(position, .inline(Bytes([UInt8(truncatingIfNeeded: position), UInt8(number)])))
            case 2: builder.set(position, .wholeFile(source))
            default: builder.set(position, source: source, offset: position * 10, length: 7)
            }
        }
        dataset.root[path] = .array(
            VirtualArray(
                shape: gridShape, chunkShape: gridShape.map { _ in 1 }, dataType: double,
                chunks: builder.finish()))
        inputs.append(dataset)
        for cell in covered.indices {
            var rest = cell
            let isIn = counts.indices.reversed().allSatisfy { axis in
                defer { rest /= counts[axis] }
                return segments[axis].contains(rest % counts[axis])
            }
            if isIn { covered[cell].append(number) }
        }
    }

    /// What lies at `position`, found without any of the shortcuts.
    private func place(_ position: UInt64, _ counts: [Int]) -> String? {
        let coordinates = grid.coordinates(of: position)
        var cell = 0
        for (axis, count) in zip(join.axes, counts) {
            let segment = axis.starts.lastIndex { $0 <= coordinates[axis.number] } ?? 0
            cell = cell * count + segment
        }
        guard join.cells[cell] >= 0 else { return nil }
        let part = join.parts[Int(join.cells[cell])]
        var own: [UInt64] = []
        for number in coordinates.indices {
            guard let joined = join.axes.firstIndex(where: { $0.number == number }) else {
                own.append(coordinates[number])
                continue
            }
            if join.axes[joined].isNew { continue }
            for run in part.runs[joined]
            where run.position <= coordinates[number] && coordinates[number] < run.position + run.count {
                own.append(run.start + coordinates[number] - run.position)
            }
        }
        let dataset = inputs[part.source.input]
        guard let manifest = dataset.root.array(at: "a")?.chunks as? MemoryManifest else {
            return "no manifest"
        }
        let location = manifest.manifest[manifest.grid.position(of: own)]
        return location == .missing ? nil : text(location, dataset.sources)
    }
}

@Suite struct CombinedManifestTests {
    @Test func chunksLieWherePlacingThemOneByOnePutsThem() throws {
        for seed: UInt64 in 1...1500 {
            let sample = RandomJoin(seed: seed)
            let inputs = sample.inputs
            let library = InputLibrary(count: inputs.count, limit: Int(seed % 2) << 20) { inputs[$0] }
            let manifest = CombinedManifest(sample.join, grid: sample.grid, library: library)
            var random = SeededGenerator(seed: seed)
            var ranges: [Range<UInt64>] = [0..<sample.grid.count]
            for _ in 0..<4 {
                let start = UInt64(random.pick(0...Int(sample.grid.count) - 1))
                ranges.append(start..<start + UInt64(random.pick(1...Int(sample.grid.count - start))))
            }
            for range in ranges {
                let rows = try manifest.rows(range)
                for position in range {
                    let location = rows[position - range.lowerBound]
                    let found = location == .missing ? nil : text(location, library.sources)
                    #expect(
                        found == sample.expected[Int(position)],
                        "seed \(seed), positions \(range), position \(position)")
                }
            }
        }
    }

    @Test func anInputThatChangedIsNotRead() throws {
        var dataset = VirtualDataset()
        let source = dataset.sources.intern("/f")
        dataset.root["a"] = .array(
            try referenced(shape: [3], chunkShape: [1], dimensions: ["x"], source: source))
        let input = dataset
        let part = ArrayPlan.Part(
            source: ArrayPlan.ArrayPart(input: 0, path: "a", gridShape: [2]),
            runs: [[AxisPiece(start: 0, count: 2, position: 0)]])
        let join = ArrayPlan.Join(
            axes: [ArrayPlan.JoinedAxis(number: 0, starts: [0, 2], isNew: false)], parts: [part], cells: [0])
        let manifest = CombinedManifest(
            join, grid: try #require(ChunkGrid(shape: [2])), library: InputLibrary(count: 1) { _ in input })
        #expect(throws: KerchunkError.self) { try manifest.rows(0..<2) }
    }
}
