// SPDX-License-Identifier: Apache-2.0
// A Zarr array in the making.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning

/// What is decided so far about one variable.
struct Draft {
    let facts: DatasetFacts
    let allowedCodecs: ScanOptions.CodecSet
    let elements: ElementTranslation
    /// How one stored element by itself becomes one of `type`, whatever codecs do for chunks.
    let elementConversion: ElementConversion
    /// Codecs before HDF5's own filters.
    private(set) var outerFilters: [CodecSpec]
    let shape: [UInt64]
    private(set) var chunkShape: [UInt64]
    var type: DataType
    /// All codecs, in the order in which they encode.
    var codecs: [CodecSpec] = []
    var manifest: MemoryManifest
    let dimensionNames: [String]
    private(set) var issues: [Issue] = []
    /// Whether the chunks are embedded in Zarr's form, and `ownFill` is known.
    var isConverted = false
    /// HDF5's own fill value in Zarr's form, of text its UTF-8; nil for zeros and empty text.
    var ownFill: Bytes?

    /// - Parameter codecs: those that the variable may name, never `auto`.
    init(
        _ facts: DatasetFacts, options: ScanOptions, codecs allowed: ScanOptions.CodecSet
    ) throws(LeftOut) {
        self.facts = facts
        allowedCodecs = allowed
        let datatype = facts.header.datatype
        let translated: ElementTranslation
        do {
            translated = try DatatypeTranslator().translate(datatype)
        } catch {
            throw LeftOut(error.reason, remedy: "read it with h5py")
        }
        elementConversion = translated.conversion
        if allowed == .all, let (plain, codec) = Self.oddIntegers(translated) {
            (elements, outerFilters) = (plain, [codec])
        } else {
            (elements, outerFilters) = Self.heapStrings(translated, datatype, options.stringEncoding)
        }
        type = elements.type
        let base: [UInt64] =
            if case .chunked(let layout) = facts.header.layout { layout.chunkShape } else {
                facts.header.dataspace.dimensions
            }
        shape = facts.shape + elements.innerShape
        chunkShape = base.map { max($0, 1) } + elements.innerShape
        manifest = facts.entries.manifest
        let name = facts.path.split(separator: "/").last ?? ""
        dimensionNames =
            facts.dimensionNames + elements.innerShape.indices.map { "\(name)_inner_\($0)" }
        for text in elements.notes { note(text) }
    }

    /// Integers of which only some bits count, told by a codec of ours; nil for other types.
    private static func oddIntegers(_ translated: ElementTranslation) -> (ElementTranslation, CodecSpec)? {
        guard case .integer(let layout, let width) = translated.conversion, width == layout.size,
            layout.bitOffset >= 0, layout.precision > 0, layout.bitOffset + layout.precision <= 8 * width
        else { return nil }
        let plain = ElementTranslation(
            type: translated.type, conversion: .copy(size: width), fidelity: .exact,
            innerShape: translated.innerShape, notes: translated.notes)
        let codec = CodecSpec(
            "swift_kerchunk.integer",
            [
                "size": .integer(width), "byteorder": layout.isBigEndian ? "big" : "little",
                "offset": .integer(layout.bitOffset), "precision": .integer(layout.precision),
                "signed": .bool(layout.isSigned),
            ])
        return (plain, codec)
    }

    /// How variable-length strings that are not embedded are told.
    private static func heapStrings(
        _ translated: ElementTranslation, _ datatype: Datatype, _ encoding: HDF5Scanner.StringEncoding
    ) -> (ElementTranslation, [CodecSpec]) {
        guard case .variableLengthString(let size, _, _) = datatype, encoding != .embed else {
            return (translated, [])
        }
        let isLeft = encoding == .leave
        let elements = ElementTranslation(
            type: isLeft ? .fixedBytes(length: size) : .text, conversion: .copy(size: size), fidelity: .exact)
        return (elements, isLeft ? [] : [TextContainer.codec, heapStringCodec(size: size, texts: [:])])
    }

    private static func heapStringCodec(size: Int, texts: JSONObject) -> CodecSpec {
        CodecSpec("swift_kerchunk.heap_strings", ["size": .integer(size), "strings": .object(texts)])
    }

    /// Tells the codec of variable-length strings what each heap id stands for.
    mutating func setHeapTexts(_ texts: JSONObject) {
        outerFilters = [
            TextContainer.codec, Self.heapStringCodec(size: facts.header.datatype.size, texts: texts),
        ]
    }

    mutating func note(_ reason: String, remedy: String? = nil) {
        issues.append(Issue(object: facts.path, reason: reason, remedy: remedy))
    }

    mutating func noteDamage(_ reason: String) {
        issues.append(
            Issue(object: facts.path, reason: reason, remedy: "get the whole file", isDamage: true))
    }

    /// The form of a decoded chunk in Zarr.
    var form: ChunkForm { ChunkForm(shape: chunkShape, dataType: type) }

    /// Elements of a chunk, inner axes included.
    var chunkElements: UInt64 { checkedProduct(chunkShape) ?? .max }

    /// Bytes of a decoded chunk as the file has it.
    var storedChunkSize: UInt64 {
        let inner = checkedProduct(elements.innerShape) ?? 1
        let outer = chunkElements / max(inner, 1)
        return outer.multiplied(by: UInt64(facts.header.datatype.size)) ?? .max
    }

    /// Decoded bytes of all chunks that exist.
    var decodedSize: UInt64 {
        storedChunkSize.multiplied(by: UInt64(facts.entries.manifest.manifest.presentCount)) ?? .max
    }

    /// Whether the data is one uncompressed run in a file.
    var splitsContiguous: Bool {
        guard case .contiguous = facts.header.layout, facts.entries.manifest.grid.count == 1,
            case .range = facts.entries.manifest.manifest[0]
        else { return false }
        return !shape.isEmpty && facts.shape == facts.header.dataspace.dimensions
    }

    /// Cuts the one run of bytes into chunks of at most `limit` bytes.
    mutating func split(limit: UInt64) {
        let elementSize = UInt64(facts.header.datatype.withoutArrays.base.size)
        let cut = ContiguousSplit(shape: shape, elementSize: elementSize, limit: max(limit, 1))
        let size = (checkedProduct(cut.chunkShape) ?? 0) * elementSize
        guard let grid = ChunkGrid(covering: shape, by: cut.chunkShape), grid.count > 1,
            case .range(let source, let range) = manifest.manifest[0], size * grid.count == range.count
        else { return }
        if size > limit {
            note("its axes have no divisors that make chunks of at most \(limit) bytes; they are \(size)")
        }
        var builder = ManifestBuilder(grid: grid)
        for position in 0..<grid.count {
            builder.set(position, source: source, offset: range.offset + position * size, length: size)
        }
        manifest = builder.finish()
        chunkShape = cut.chunkShape
    }
}

extension Bytes {
    /// `count` copies of `element` behind each other.
    init(repeating element: Bytes, count: Int) {
        let pattern = element.array
        var all: [UInt8] = []
        all.reserveCapacity(pattern.count * count)
        for _ in 0..<count { all += pattern }
        self.init(all)
    }
}
