// SPDX-License-Identifier: Apache-2.0
// Combining in batches, and then the batches, is combining at once.

import KerchunkBytes
import KerchunkModel
import Testing

@testable import KerchunkCombining

@Suite struct BatchesTests {
    /// Files of a random series: `tas` in chunks, `day` in chunks of one, a coordinate, and constants.
    private func series(_ random: inout SeededGenerator) throws -> [(name: String, dataset: VirtualDataset)] {
        let chunk = UInt64(random.pick(1...3))
        let count = random.pick(2...9)
        let members = random.pick(1...3)
        var inputs: [(name: String, dataset: VirtualDataset)] = []
        for member in 0..<members {
            var start = 0
            for number in 0..<count {
                // Only the last one ends inside a chunk.
                let isLast = number == count - 1
                let length = isLast ? 4 : Int(chunk) * (1 + number % 3)
                var dataset = VirtualDataset(root: VirtualGroup(attributes: ["title": "series"]))
                let source = dataset.sources.intern("/m\(member)_\(number).nc")
                let times = (start..<start + length).map { Double($0) }
                dataset.root["time"] = .array(
                    embedded(times, dimensions: ["time"], attributes: ["units": "days since 2000-01-01"]))
                dataset.root["member"] = .array(embedded([Double(member)], dimensions: ["member"]))
                dataset.root["x"] = .array(embedded([1, 2], dimensions: ["x"]))
                let hole = random.pick(0...20)
                dataset.root["tas"] = .array(
                    try referenced(
                        shape: [1, UInt64(length), 2], chunkShape: [1, chunk, 1],
                        dimensions: ["member", "time", "x"], source: source, missing: { $0 == UInt64(hole) }))
                dataset.root["day"] = .array(
                    try referenced(
                        shape: [UInt64(length), 1], chunkShape: [1, 1], dimensions: ["time", "member"],
                        source: source))
                inputs.append(("m\(member)_\(number)", dataset))
                start += length
            }
        }
        return inputs
    }

    @Test func anyBatchesGiveTheSame() throws {
        var tried = 0
        for seed: UInt64 in 1...150 {
            var random = SeededGenerator(seed: seed)
            let inputs = try series(&random)
            let request = CombineRequest(concatDimensions: ["member", "time"])
            let wanted = try dump(try combined(inputs, request).dataset)
            var batches: [[(name: String, dataset: VirtualDataset)]] = Array(
                repeating: [], count: random.pick(1...4))
            // Any inputs may come together: those of a batch need not be neighbours.
            for input in inputs.shuffled(using: &random) {
                batches[random.pick(0...batches.count - 1)].append(input)
            }
            var parts: [(name: String, dataset: VirtualDataset)] = []
            for (number, batch) in batches.enumerated() where !batch.isEmpty {
                guard Self.isWhole(batch.map(\.name), of: inputs.map(\.name)) else { break }
                parts.append(("batch \(number)", try combined(batch, request).dataset))
            }
            // A batch with holes has fill values for them, which inputs do not have.
            guard parts.count == batches.count(where: { !$0.isEmpty }) else { continue }
            let got = try dump(try combined(parts.shuffled(using: &random), request).dataset)
            #expect(got == wanted, "seed \(seed)")
            tried += 1
        }
        #expect(tried > 50)
    }

    /// Whether the inputs of a batch make a full product, so that each part of it is there.
    private static func isWhole(_ batch: [String], of all: [String]) -> Bool {
        let members = Set(batch.map { $0.prefix { $0 != "_" } })
        let times = Set(batch.map { $0.drop { $0 != "_" } })
        return members.count * times.count == batch.count
    }

    @Test func batchesInTheOrderOfTimeGiveTheSame() throws {
        for seed: UInt64 in 1...60 {
            var random = SeededGenerator(seed: seed)
            let inputs = try series(&random).filter { $0.name.hasPrefix("m0") }
            let request = CombineRequest(concatDimensions: ["time"])
            let wanted = try dump(try combined(inputs, request).dataset)
            let cut = random.pick(1...inputs.count - 1)
            let parts = [
                ("later", try combined(Array(inputs[cut...].reversed()), request).dataset),
                ("earlier", try combined(Array(inputs[..<cut].shuffled(using: &random)), request).dataset),
            ]
            #expect(try dump(try combined(parts, request).dataset) == wanted, "seed \(seed)")
        }
    }
}
