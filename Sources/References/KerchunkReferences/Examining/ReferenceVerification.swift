// SPDX-License-Identifier: Apache-2.0
// What came of holding a reference set against its sources.

/// Whether references are still true, source by source and chunk by chunk.
public struct ReferenceVerification: Sendable {
    /// One file that chunks lie in.
    public struct Source: Sendable {
        public let url: String
        public internal(set) var references: UInt64 = 0
        /// References that reach beyond its end.
        public internal(set) var outside: UInt64 = 0
        /// What is wrong with it, or with references to it: lower case, no final stop; nil where all is well.
        public internal(set) var problem: String?
        /// Whether there was a state recorded, so that a change would have been seen.
        public internal(set) var wasRecorded = false

        public var isGood: Bool { problem == nil && outside == 0 }
    }

    /// One chunk that was read and is not what its array says.
    public struct BadChunk: Sendable {
        /// The key of the chunk: `tas/0.1`.
        public let key: String
        public let url: String?
        public let problem: String
    }

    /// Only those that chunks lie in.
    public internal(set) var sources: [Source] = []
    /// Chunks in files.
    public internal(set) var references: UInt64 = 0
    public internal(set) var inline: UInt64 = 0
    /// Chunks that were read and decoded.
    public internal(set) var readCount = 0
    public internal(set) var badChunks: [BadChunk] = []
    /// Chunks of the sample that could not be judged, such as for want of a codec: their keys, and why.
    public internal(set) var unjudged: [BadChunk] = []

    public var isGood: Bool { badChunks.isEmpty && sources.allSatisfy(\.isGood) }
}
