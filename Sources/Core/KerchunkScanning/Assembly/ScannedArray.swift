// SPDX-License-Identifier: Apache-2.0
// What a format says of one variable.

public import KerchunkBytes
public import KerchunkModel

/// The facts about a variable, as they are in the file: how they become an array of references is not the format's concern.
public struct ScannedArray: Sendable {
    /// Elements along each axis, slowest first; empty for a scalar.
    public var shape: [UInt64]
    /// One name an axis, as the file has them; nil where it has none.
    public var dimensionNames: [String]?
    /// What readers get.
    public var dataType: DataType
    /// Bytes of an element before the chunk's codecs, where `elementCodecs` or a conversion make another one of it.
    public var storedElementSize: Int
    public var attributes: JSONObject
    /// What elements are that were never written, and which value means that there is none.
    public var missing: MissingData
    public var data: ScannedData
    /// Codecs that make stored elements of the array's, in the order in which they encode; none where these are the same.
    public var elementCodecs: [CodecSpec] = []
    /// Codecs of most chunks, in the order in which they encode.
    public var codecs: [CodecSpec] = []
    /// What has to be made of the chunks because readers could not; nil for nothing.
    public var conversion: (any ChunkConversion)?
    /// What there is to say.
    public var remarks: [Remark] = []

    public init(
        shape: [UInt64], dimensionNames: [String]? = nil, dataType: DataType,
        missing: MissingData = MissingData(), attributes: JSONObject = [:], data: ScannedData
    ) {
        self.shape = shape
        self.dimensionNames = dimensionNames
        self.dataType = dataType
        storedElementSize = dataType.size
        self.missing = missing
        self.attributes = attributes
        self.data = data
    }

    /// Whether its chunks are read, however large they are.
    var readsChunks: Bool {
        if conversion != nil { return true }
        if case .chunks(let chunks) = data { return !chunks.others.isEmpty }
        return false
    }
}

/// Where the elements of a variable are. Offsets are those in the file as it was opened.
public enum ScannedData: Sendable {
    /// In chunks at places of their own.
    case chunks(ScannedChunks)
    /// Side by side in C order, without codecs; they become one chunk, or several.
    case raw(RawData)
    /// In no file: computed, or written out by the format. All elements in C order.
    case values(Bytes)
}

/// Chunks at places of their own.
public struct ScannedChunks: Sendable {
    /// Elements along each axis, never 0.
    public var shape: [UInt64]
    /// On the grid of the array, or a smaller one where the array has grown behind its chunks.
    public var manifest: MemoryManifest
    /// Chunks that are stored in another way than most.
    public var others: [OtherChunk] = []
    /// What the user can do where these are too large to embed.
    public var othersRemedy: String?
    /// Those of the chunks that are missing because the file ends before them.
    public var lostCount: UInt64 = 0

    public init(shape: [UInt64], manifest: MemoryManifest) {
        self.shape = shape
        self.manifest = manifest
    }
}

/// A chunk that no reference can tell: it is read, brought into the form of the others, and embedded.
public struct OtherChunk: Sendable {
    public var position: UInt64
    /// Its own codecs, in the order in which they encode.
    public var codecs: [CodecSpec]
    /// Where it lies in several pieces, in order; nil where the manifest says it.
    public var pieces: [ChunkLocation]?
    /// Bytes that it decodes to where these are fewer than of a whole chunk; zeros follow. Nil for a whole one.
    public var decodedSize: Int?

    public init(
        at position: UInt64, codecs: [CodecSpec], pieces: [ChunkLocation]? = nil, decodedSize: Int? = nil
    ) {
        self.position = position
        self.codecs = codecs
        self.pieces = pieces
        self.decodedSize = decodedSize
    }
}

/// Elements of one array side by side in a file.
public struct RawData: Hashable, Sendable {
    public var source: SourceIndex
    /// Of the first element.
    public var offset: UInt64
    /// Bytes from one step along the first axis to the next, where other data lies between them, as between records; nil where
    /// all elements are one run.
    public var stride: UInt64?

    public init(in source: SourceIndex, at offset: UInt64, stride: UInt64? = nil) {
        self.source = source
        self.offset = offset
        self.stride = stride
    }
}
