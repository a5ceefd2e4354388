// SPDX-License-Identifier: Apache-2.0
// Fetches objects from fractal heaps, all heaps together, level by level.

import KerchunkBytes
import KerchunkModel

/// Reads objects by their heap ids.
struct FractalHeapWalk {
    let file: HDF5File
    let budget: MetadataBudget

    /// An object of a heap as it lies there.
    struct Object: Sendable {
        let bytes: Bytes
        /// Absolute; of the block for objects of filtered heaps.
        let offset: UInt64
    }

    typealias Outcome = Result<Object, ParseError>

    /// - Parameter requests: addresses of heaps, and the ids wanted of each.
    /// - Returns: the objects of each request, in the order of its ids.
    func objects(_ requests: [(heap: UInt64, ids: [Bytes])]) throws -> [[Outcome]] {
        var drafts = requests.map { Draft(address: $0.heap, ids: $0.ids) }
        try readHeaders(&drafts)
        try findHugeObjects(&drafts)
        while try readIndirectBlocks(&drafts) {}
        try readDirectBlocks(&drafts)
        try readHugeObjects(&drafts)
        return drafts.map(\.outcomes)
    }

    /// A wanted object in a block: where it is in the block, and for which id.
    private struct Wanted {
        let index: Int
        let position: UInt64
        let length: UInt64
    }

    /// A block on the way, and what is wanted of it. Positions count from its start.
    private struct Block {
        let address: UInt64
        /// Rows of an indirect block.
        var rows = 0
        /// Bytes of a direct block.
        var size: UInt64 = 0
        var wanted: [Wanted]
    }

    /// One heap on the way.
    private struct Draft {
        let address: UInt64
        let ids: [Bytes]
        var header: FractalHeapHeader?
        var outcomes: [Outcome]
        var indirect: [Block] = []
        var direct: [Block] = []
        var huge: [(index: Int, extent: Extent)] = []
        /// Ids of huge objects that only their B-tree can place, by key.
        var hugeKeys: [UInt64: [Int]] = [:]

        init(address: UInt64, ids: [Bytes]) {
            self.address = address
            self.ids = ids
            let missing = ParseError("there is no such object", in: "fractal heap", at: address)
            outcomes = Array(repeating: .failure(missing), count: ids.count)
        }

        mutating func fail(_ error: ParseError, _ wanted: [Wanted]) {
            for object in wanted { outcomes[object.index] = .failure(error) }
        }
    }

    private func readHeaders(_ drafts: inout [Draft]) throws {
        // Room for a filter pipeline; a longer one takes a second read.
        let guess = UInt64(FractalHeapHeader.fixedSize(file.sizes) + 4 + 128)
        let reads = try file.readEach(
            drafts.map { ($0.address, guess) }, clipped: true, in: "fractal heap header")
        for (index, read) in reads.enumerated() {
            do throws(ParseError) {
                let offset = try file.offset(of: drafts[index].address, in: "fractal heap header")
                let header = try FractalHeapHeader(try read.get(), at: offset, sizes: file.sizes)
                try prepare(&drafts[index], header, at: offset)
            } catch {
                drafts[index].outcomes = drafts[index].outcomes.map { _ in .failure(error) }
            }
        }
    }

    /// Sorts the ids of a heap by where their objects lie.
    private func prepare(_ draft: inout Draft, _ header: FractalHeapHeader, at offset: UInt64)
        throws(ParseError)
    {
        draft.header = header
        guard header.filterLength == 0 else {
            throw ParseError(
                "filtered blocks are not supported", in: "fractal heap header", at: offset)
        }
        var managed: [Wanted] = []
        for (index, id) in draft.ids.enumerated() {
            do throws(ParseError) {
                switch try FractalHeapID(id, of: header, at: offset, sizes: file.sizes) {
                case .managed(let position, let length):
                    managed.append(Wanted(index: index, position: position, length: length))
                case .hugeDirect(let address, let length): draft.huge.append((index, (address, length)))
                case .hugeIndirect(let key): draft.hugeKeys[key, default: []].append(index)
                case .tiny(let bytes): draft.outcomes[index] = .success(Object(bytes: bytes, offset: offset))
                }
            } catch {
                draft.outcomes[index] = .failure(error)
            }
        }
        guard !managed.isEmpty else { return }
        guard let root = header.root else {
            throw ParseError("objects in blocks, but no block", in: "fractal heap header", at: offset)
        }
        if header.rootRows == 0 {
            draft.direct.append(Block(address: root, size: header.table.startingSize, wanted: managed))
        } else {
            draft.indirect.append(Block(address: root, rows: header.rootRows, wanted: managed))
        }
    }

    /// - Returns: false where no heap has a further level.
    private func readIndirectBlocks(_ drafts: inout [Draft]) throws -> Bool {
        var level: [(draft: Int, block: Block)] = []
        var extents: [Extent] = []
        for index in drafts.indices {
            guard let header = drafts[index].header else { continue }
            for block in drafts[index].indirect {
                level.append((index, block))
                extents.append((block.address, header.indirectBlockSize(rows: block.rows, sizes: file.sizes)))
            }
            drafts[index].indirect = []
        }
        if level.isEmpty { return false }
        try file.forEachRead(extents, in: "fractal heap indirect block") { position, read in
            let (index, block) = level[position]
            guard let header = drafts[index].header else { return }
            do throws(ParseError) {
                let offset = try file.offset(of: block.address, in: "fractal heap indirect block")
                let bytes = try read.get()
                try budget.spend(bytes.count, in: "fractal heap indirect block", at: offset)
                let node = try FractalHeapIndirectBlock(
                    bytes, at: offset, of: header, rows: block.rows, sizes: file.sizes)
                descend(from: block, node, header, at: offset, &drafts[index])
            } catch {
                drafts[index].fail(error, block.wanted)
            }
        }
        return true
    }

    /// Hands what is wanted of an indirect block to its children.
    private func descend(
        from block: Block, _ node: FractalHeapIndirectBlock, _ header: FractalHeapHeader, at offset: UInt64,
        _ draft: inout Draft
    ) {
        var wantedByChild: [Int: [Wanted]] = [:]
        for object in block.wanted {
            let entry = header.table.entry(at: object.position)
            let child = entry.row * header.table.width + entry.column
            let inner = Wanted(
                index: object.index, position: object.position - entry.start, length: object.length)
            wantedByChild[entry.row < block.rows ? child : -1, default: []].append(inner)
        }
        for (child, wanted) in wantedByChild.sorted(by: { $0.key < $1.key }) {
            guard node.children.indices.contains(child), let place = node.children[child] else {
                draft.fail(
                    ParseError("no block for an object", in: "fractal heap indirect block", at: offset),
                    wanted)
                continue
            }
            let row = child / header.table.width
            if row < header.table.directRows {
                let size: UInt64 = 1 << UInt64(header.table.blockBits(row: row))
                draft.direct.append(Block(address: place.address, size: size, wanted: wanted))
            } else {
                let rows = header.table.rowsOfIndirectBlock(inRow: row)
                draft.indirect.append(Block(address: place.address, rows: rows, wanted: wanted))
            }
        }
    }

    private func readDirectBlocks(_ drafts: inout [Draft]) throws {
        let level = drafts.indices.flatMap { index in drafts[index].direct.map { (draft: index, block: $0) } }
        let extents = level.map { (address: $0.block.address, count: $0.block.size) }
        try file.forEachRead(extents, in: "fractal heap direct block") { position, read in
            let (index, block) = level[position]
            guard let header = drafts[index].header else { return }
            do throws(ParseError) {
                let offset = try file.offset(of: block.address, in: "fractal heap direct block")
                let bytes = try read.get()
                try budget.spend(bytes.count, in: "fractal heap direct block", at: offset)
                let direct = try FractalHeapDirectBlock(bytes, at: offset, of: header, sizes: file.sizes)
                for object in block.wanted {
                    do throws(ParseError) {
                        let bytes = try direct.object(
                            at: object.position, length: object.length, offset: offset)
                        try budget.spend(bytes.count, in: "fractal heap direct block", at: offset)
                        // Inside the file: the block was.
                        let place = offset &+ object.position
                        drafts[index].outcomes[object.index] = .success(Object(bytes: bytes, offset: place))
                    } catch {
                        drafts[index].outcomes[object.index] = .failure(error)
                    }
                }
            } catch {
                drafts[index].fail(error, block.wanted)
            }
        }
    }

    /// Looks up huge objects whose ids are keys of the heap's B-tree.
    private func findHugeObjects(_ drafts: inout [Draft]) throws {
        let owners = drafts.indices.filter {
            !drafts[$0].hugeKeys.isEmpty && drafts[$0].header?.hugeIndex != nil
        }
        if owners.isEmpty { return }
        let trees = owners.compactMap { drafts[$0].header?.hugeIndex }
        let failures = try BTreeV2Walk(file: file).visitRecords(ofTreesAt: trees) {
            tree, header throws(ParseError) in
            guard header.type == .hugeIndirect, header.recordSize == file.sizes.offset + 2 * file.sizes.length
            else {
                throw ParseError("records of another type", in: "index of huge objects", at: trees[tree])
            }
        } visit: { tree, records throws(ParseError) in
            let index = owners[tree]
            try records.parse { cursor throws(ParseError) in
                for _ in 0..<records.count {
                    let address = try cursor.definedAddress(file.sizes, of: "huge object")
                    let length = try cursor.length(file.sizes)
                    let key = try cursor.length(file.sizes)
                    for id in drafts[index].hugeKeys[key] ?? [] {
                        drafts[index].huge.append((id, (address, length)))
                    }
                }
            }
        }
        for (tree, failure) in failures.enumerated() {
            guard let failure else { continue }
            for id in drafts[owners[tree]].hugeKeys.values.joined() {
                drafts[owners[tree]].outcomes[id] = .failure(failure)
            }
        }
    }

    private func readHugeObjects(_ drafts: inout [Draft]) throws {
        let level = drafts.indices.flatMap { index in drafts[index].huge.map { (draft: index, object: $0) } }
        try file.forEachRead(level.map(\.object.extent), in: "huge object of a fractal heap") {
            position, read in
            let (index, object) = level[position]
            do throws(ParseError) {
                let offset = try file.offset(of: object.extent.address, in: "huge object of a fractal heap")
                let bytes = try read.get()
                try budget.spend(bytes.count, in: "huge object of a fractal heap", at: offset)
                drafts[index].outcomes[object.index] = .success(Object(bytes: bytes, offset: offset))
            } catch {
                drafts[index].outcomes[object.index] = .failure(error)
            }
        }
    }
}
