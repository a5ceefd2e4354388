// SPDX-License-Identifier: Apache-2.0
// What reading and writing reference sets takes, beside the sets.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkReading
public import KerchunkStorage
import Synchronization

/// What sets are opened with.
public struct ReferenceReading: Sendable {
    /// Codecs by id; forms say which they need.
    public var codecs: CodecDirectory
    /// What sets that are open together share.
    public var shared: SharedReading
    /// Stops reading.
    public var cancellation: Cancellation
    /// Bounds of what a set may ask for.
    public var limits: ReferenceLimits
    /// Throws for URLs of files that a set may not name; lazy forms ask as they come upon them.
    public var admit: @Sendable (_ url: String) throws(KerchunkError) -> Void = {
        (_) throws(KerchunkError) in
    }
    /// Opens a file of this machine again, as far as it is not kept open.
    public var reopen: SourceReader.Opener

    public init(
        codecs: CodecDirectory, shared: SharedReading = SharedReading(),
        cancellation: Cancellation = Cancellation(), limits: ReferenceLimits = ReferenceLimits(),
        reopen: @escaping SourceReader.Opener = { try LocalFile($0) }
    ) {
        self.codecs = codecs
        self.shared = shared
        self.cancellation = cancellation
        self.limits = limits
        self.reopen = reopen
    }
}

/// What sets that are open together share, by form: caches, open files.
// A class because they share it.
public final class SharedReading: Sendable {
    private let values = Mutex<[String: any Sendable]>([:])

    public init() {}

    /// What the form `form` shares, made when it is first asked for.
    public func value<Value: Sendable>(
        of form: some ReferenceForm, _ make: () throws(KerchunkError) -> Value
    ) throws(KerchunkError) -> Value {
        try values.withLock { values throws(KerchunkError) in
            if let known = values[form.id] as? Value { return known }
            let value = try make()
            values[form.id] = value
            return value
        }
    }
}

/// What a set is written with.
public struct ReferenceWriting: Sendable {
    /// Names an existing file of this machine that holds exactly the partition `index` of an array; nil where there is none.
    public typealias Reusing = @Sendable (_ arrayPath: String, _ index: UInt64) -> String?

    public var options: SavingOptions
    /// Codecs by id; forms say which they need.
    public var codecs: CodecDirectory
    /// Whether a set that is there may be replaced.
    public var overwrites = false
    /// What was left out of the dataset before, for forms that keep that.
    public var issues: [Issue] = []
    /// What readers shall know, for forms that keep notes.
    public var note: JSONObject = [:]
    /// The sources whose states are recorded; nil for those that the dataset's table has in the end.
    public var recordedSources: [SourceTable.Source]?
    /// Partitions that need not be made again.
    public var reusing: Reusing?
    /// Names this work, so that a later run with the same key goes on where this one was cut off, in forms that can: a
    /// fingerprint of the inputs with their states, and of what is done with them. Nil starts afresh.
    public var resumeKey: String?
    /// Whether a run with a key that fails or is interrupted leaves what it made for the next one.
    public var keepsPartial = false
    /// Called while references are written.
    public var progress: WritingProgress?
    /// Stops writing.
    public var cancellation = Cancellation()
    /// Throws for a file at the output's place that may not be replaced.
    public var replacing: OutputPlace.Replacing = { _ in }

    public init(_ options: SavingOptions = SavingOptions(), codecs: CodecDirectory) {
        self.options = options
        self.codecs = codecs
    }
}
