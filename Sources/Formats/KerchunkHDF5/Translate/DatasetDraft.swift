// SPDX-License-Identifier: Apache-2.0
// A Zarr array in the making.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning

/// What is decided so far about one variable.
struct Draft: Sendable {
    let facts: DatasetFacts
    let allowedCodecs: ScanOptions.CodecSet
    let elements: ElementTranslation
    /// How one stored element by itself becomes one of `type`, whatever codecs do for chunks.
    let elementConversion: ElementConversion
    /// Codecs before HDF5's own filters.
    let outerFilters: [CodecSpec]
    let shape: [UInt64]
    let chunkShape: [UInt64]
    var type: DataType
    let dimensionNames: [String]
    private let remarks: [Remark]

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
        let name = facts.path.split(separator: "/").last ?? ""
        dimensionNames =
            facts.dimensionNames + elements.innerShape.indices.map { "\(name)_inner_\($0)" }
        remarks = elements.notes.map { Remark($0) }
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

    /// Codecs of variable-length strings that know what each heap id stands for.
    func codecs(ofTexts texts: JSONObject) -> [CodecSpec] {
        [TextContainer.codec, Self.heapStringCodec(size: facts.header.datatype.size, texts: texts)]
    }

    /// What there is to say where the chunks are referenced.
    var referenceRemarks: [Remark] {
        guard elements.fidelity == .padded, case .string(_, .spacePadded, _) = facts.header.datatype else {
            return []
        }
        return [Remark("its strings keep their padding blanks")]
    }

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
    private var isOneRun: Bool {
        guard case .contiguous = facts.header.layout, facts.entries.manifest.grid.count == 1 else {
            return false
        }
        return !shape.isEmpty && facts.shape == facts.header.dataspace.dimensions
    }

    // MARK: The array

    /// The array as it is referenced.
    /// - Parameter ownFill: as in `missing(ownFill:)`.
    func array(_ filters: FilterChain, ownFill: Bytes?) -> ScannedArray {
        let base = facts.header.datatype.withoutArrays.base
        let data: ScannedData
        if isOneRun, case .range(let source, let range) = facts.entries.manifest.manifest[0] {
            data = .raw(RawData(in: source, at: range.offset))
        } else {
            var chunks = ScannedChunks(shape: chunkShape, manifest: facts.entries.manifest)
            chunks.others = filters.deviatingChunks(facts).map {
                OtherChunk(at: $0.position, codecs: filters.codecs(mask: $0.mask))
            }
            chunks.othersRemedy = "rewrite the file with h5repack"
            chunks.lostCount = facts.entries.cutCount
            data = .chunks(chunks)
        }
        var array = array(data, ownFill: ownFill)
        array.storedElementSize = base.size
        array.elementCodecs = outerFilters
        array.codecs = filters.applied
        return array
    }

    /// - Parameter ownFill: as in `missing(ownFill:)`.
    func array(_ data: ScannedData, ownFill: Bytes?) -> ScannedArray {
        var array = ScannedArray(
            shape: shape, dimensionNames: dimensionNames, dataType: type, missing: missing(ownFill: ownFill),
            attributes: facts.attributes, data: data)
        array.remarks = remarks
        return array
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
