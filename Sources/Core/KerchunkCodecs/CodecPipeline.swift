// SPDX-License-Identifier: Apache-2.0
// Several codecs as one.

public import KerchunkBytes
public import KerchunkModel

/// Codecs behind each other, in the order in which they encode.
public struct CodecPipeline: Sendable {
    private struct Step: Sendable {
        let codec: any Codec
        /// What the codec decodes to.
        let form: ChunkForm?
        /// Bytes that these are more than those of a decoded chunk.
        let excess: Int
    }

    private let steps: [Step]

    /// - Parameter form: that of a decoded chunk, where it is known.
    /// - Throws: for a codec that is not at hand, or settings that it cannot have.
    public init(
        _ specs: [CodecSpec], from directory: CodecDirectory, for form: ChunkForm? = nil
    ) throws(KerchunkError) {
        var steps: [Step] = []
        var current = form
        for spec in specs {
            let codec = try directory.codec(spec)
            let excess = (current?.byteCount ?? 0) - (form?.byteCount ?? 0)
            steps.append(Step(codec: codec, form: current, excess: max(0, excess)))
            current = current.map(codec.encodedForm)
        }
        self.steps = steps
    }

    /// The codecs of `array`.
    public init(_ array: VirtualArray, from directory: CodecDirectory) throws(KerchunkError) {
        try self.init(array.codecs, from: directory, for: array.chunkForm)
    }

    /// - Parameter limit: most bytes that a step may make; where codecs before it make smaller elements of larger ones, as
    ///   many more as those are larger.
    public func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        var bytes = stored
        for step in steps.reversed() {
            bytes = try step.codec.decode(bytes, as: step.form, limit: limit.adding(step.excess) ?? limit)
        }
        return bytes
    }

    public func encode(_ decoded: Bytes) throws(KerchunkError) -> Bytes {
        var bytes = decoded
        for step in steps { bytes = try step.codec.encode(bytes, as: step.form) }
        return bytes
    }
}
