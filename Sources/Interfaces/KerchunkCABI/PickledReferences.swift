// SPDX-License-Identifier: Apache-2.0
// A reference set as a pickled dict.
// Spec: Python, Lib/pickletools.py, protocol 4.

import Kerchunk

/// Writes keys and references; each URL is written once.
struct PickledReferences {
    private enum Code {
        static let protocolFour: [UInt8] = [0x80, 4]
        static let emptyDict = UInt8(ascii: "}")
        static let mark = UInt8(ascii: "(")
        static let setItems = UInt8(ascii: "u")
        static let list = UInt8(ascii: "l")
        static let shortText: UInt8 = 0x8c
        static let text = UInt8(ascii: "X")
        static let memoize: UInt8 = 0x94
        static let get = UInt8(ascii: "h")
        static let longGet = UInt8(ascii: "j")
        static let byte = UInt8(ascii: "K")
        static let twoBytes = UInt8(ascii: "M")
        static let fourBytes = UInt8(ascii: "J")
        static let long: UInt8 = 0x8a
        static let stop = UInt8(ascii: ".")
    }

    private static let batchSize = 1000
    private static let unwritten = UInt32.max

    private let sources: SourceTable
    private var out: [UInt8] = Code.protocolFour + [Code.emptyDict, Code.mark]
    /// Members since the last mark.
    private var memberCount = 0
    /// The number under which the text of each source can be had again.
    private var places: [UInt32] = []
    private var placeCount: UInt32 = 0

    init(sources: SourceTable) { self.sources = sources }

    mutating func finish() -> [UInt8] {
        out += [Code.setItems, Code.stop]
        return out
    }

    mutating func write(
        _ dataset: VirtualDataset, zarrFormat: Int, isConsolidated: Bool, cancellation: Cancellation
    ) throws {
        let root = dataset.root
        if zarrFormat == 3 {
            try V3Documents.forEachDocument(of: root, codecs: BuiltinCodecs.directory) {
                writeDocument($0, $1)
            }
        } else {
            if isConsolidated { writeDocument(".zmetadata", V2Documents.consolidated(root)) }
            V2Documents.forEachDocument(of: root) { writeDocument($0, $1) }
        }
        try root.forEachArray { path, array in try writeChunks(of: array, path, cancellation) }
        try dataset.looseKeys?.forEachKey { name, location in
            startMember()
            write(text: Array(name.utf8))
            write(location)
        }
    }

    private mutating func writeDocument(_ key: String, _ document: JSONObject) {
        var writer = JSONWriter()
        writer.write(.object(document))
        startMember()
        write(text: Array(key.utf8))
        write(text: writer.text)
    }

    private mutating func writeChunks(
        of array: VirtualArray, _ path: String, _ cancellation: Cancellation
    ) throws {
        var key = ChunkKeyText(path: path, grid: array.chunks.grid)
        try array.chunks.forEachRun { first, manifest in
            try cancellation.check()
            manifest.forEachPresent(
                onRange: { position, source, offset, length in
                    startMember()
                    if writeShort(&key, first + position, source, offset, length) { return }
                    write(&key, first + position)
                    out.append(Code.mark)
                    write(source)
                    write(offset)
                    write(length)
                    out.append(Code.list)
                },
                onOther: { position, location in
                    startMember()
                    write(&key, first + position)
                    write(location)
                })
        }
    }

    /// Writes a key and its range at once, as nearly all are: the key is short, and the text of the source was written.
    /// - Returns: whether that is so.
    @inline(__always)
    private mutating func writeShort(
        _ key: inout ChunkKeyText, _ position: UInt64, _ source: SourceIndex, _ offset: UInt64,
        _ length: UInt64
    ) -> Bool {
        let row = Int(source.row)
        guard row < places.count, places[row] != Self.unwritten else { return false }
        let place = places[row]
        let index = key.move(to: position)
        guard key.start.count < 256 - 20 else { return false }
        // SAFETY: 20 digits, 7 bytes of codes and place, and two numbers of 11 bytes fit; what is read was written before.
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { memory in
            var first = 20
            var rest = index
            repeat {
                first -= 1
                unsafe memory[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            let digitCount = 20 - first
            var end = 20
            func append(_ code: UInt8, _ number: UInt64, width: Int) {
                unsafe memory[end] = code
                end += 1
                for byte in 0..<width {
                    unsafe memory[end] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(byte)))
                    end += 1
                }
            }
            func append(_ number: UInt64) {
                if number < 1 << 8 {
                    append(Code.byte, number, width: 1)
                } else if number < 1 << 16 {
                    append(Code.twoBytes, number, width: 2)
                } else if number < 1 << 31 {
                    append(Code.fourBytes, number, width: 4)
                } else {
                    append(Code.long, 9, width: 1)
                    append(UInt8(truncatingIfNeeded: number), number >> 8, width: 8)
                }
            }
            unsafe memory[end] = Code.mark
            end += 1
            if place < 256 {
                append(Code.get, UInt64(place), width: 1)
            } else {
                append(Code.longGet, UInt64(place), width: 4)
            }
            append(offset)
            append(length)
            unsafe memory[end] = Code.list
            end += 1
            out.append(Code.shortText)
            out.append(UInt8(key.start.count + digitCount))
            out.append(contentsOf: key.start)
            unsafe out.append(contentsOf: UnsafeMutableBufferPointer(rebasing: memory[first..<end]))
        }
        return true
    }

    private mutating func write(_ location: ChunkLocation) {
        switch location {
        case .inline(let bytes): write(text: Self.inlineText(bytes))
        case .wholeFile(let source):
            out.append(Code.mark)
            write(source)
            out.append(Code.list)
        case .range(let source, let range):
            out.append(Code.mark)
            write(source)
            write(range.offset)
            write(range.count)
            out.append(Code.list)
        case .missing: break  // never asked for
        }
    }

    /// Inline bytes as references have them: themselves where they are ASCII, else in base64.
    private static func inlineText(_ bytes: Bytes) -> [UInt8] {
        let marker = Array("base64:".utf8)
        let array = bytes.array
        if array.allSatisfy({ $0 < 0x80 }), !array.starts(with: marker) { return array }
        var text = marker
        appendBase64(bytes, to: &text)
        return text
    }

    // MARK: Opcodes

    private mutating func startMember() {
        if memberCount == Self.batchSize {
            out.append(Code.setItems)
            out.append(Code.mark)
            memberCount = 0
        }
        memberCount += 1
    }

    private mutating func append(littleEndian number: UInt64, width: Int) {
        for byte in 0..<width { out.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(byte)))) }
    }

    private mutating func write(text: some Collection<UInt8>) {
        if text.count < 256 {
            out.append(Code.shortText)
            out.append(UInt8(text.count))
        } else {
            out.append(Code.text)
            append(littleEndian: UInt64(text.count), width: 4)
        }
        out.append(contentsOf: text)
    }

    /// The key of the chunk at `position`.
    private mutating func write(_ key: inout ChunkKeyText, _ position: UInt64) {
        let index = key.move(to: position)
        var digitCount = 1
        var bound: UInt64 = 10
        while digitCount < 19, index >= bound {
            bound *= 10
            digitCount += 1
        }
        let count = key.start.count + digitCount
        if count < 256 {
            out.append(Code.shortText)
            out.append(UInt8(count))
        } else {
            out.append(Code.text)
            append(littleEndian: UInt64(count), width: 4)
        }
        out.append(contentsOf: key.start)
        append(decimal: index)
    }

    private mutating func append(decimal number: UInt64) {
        if number >= 10 { append(decimal: number / 10) }
        out.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    private mutating func write(_ number: UInt64) {
        if number < 1 << 8 {
            out.append(Code.byte)
            append(littleEndian: number, width: 1)
        } else if number < 1 << 16 {
            out.append(Code.twoBytes)
            append(littleEndian: number, width: 2)
        } else if number < 1 << 31 {
            out.append(Code.fourBytes)
            append(littleEndian: number, width: 4)
        } else {
            // Two's complement: a ninth byte keeps it positive.
            out.append(Code.long)
            out.append(9)
            append(littleEndian: number, width: 8)
            out.append(0)
        }
    }

    private mutating func write(_ source: SourceIndex) {
        let row = Int(source.row)
        while places.count <= row { places.append(Self.unwritten) }
        let place = places[row]
        if place == Self.unwritten {
            write(text: Array(sources[source].url.utf8))
            out.append(Code.memoize)
            places[row] = placeCount
            placeCount += 1
        } else if place < 256 {
            out.append(Code.get)
            append(littleEndian: UInt64(place), width: 1)
        } else {
            out.append(Code.longGet)
            append(littleEndian: UInt64(place), width: 4)
        }
    }
}

/// The keys of an array's chunks, one after the other: what stands before the last index changes seldom.
private struct ChunkKeyText {
    /// What stands before the last index.
    private(set) var start: [UInt8] = []
    private let path: [UInt8]
    private let grid: ChunkGrid
    private let lineLength: UInt64
    private var line: Range<UInt64> = 0..<0

    init(path: String, grid: ChunkGrid) {
        self.path = Array(keyPrefix(ofPath: path).utf8)
        self.grid = grid
        lineLength = grid.rank == 0 ? 1 : max(grid.shape[grid.rank - 1], 1)
    }

    /// - Returns: the last index of the chunk at `position`.
    mutating func move(to position: UInt64) -> UInt64 {
        if !line.contains(position) {
            let first = position - position % lineLength
            line = first..<first + lineLength
            start = path
            for index in grid.coordinates(of: first).dropLast() { start += Array("\(index).".utf8) }
        }
        return position - line.lowerBound
    }
}
