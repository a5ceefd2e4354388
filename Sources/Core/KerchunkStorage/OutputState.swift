// SPDX-License-Identifier: Apache-2.0
// What is at an output's place, to see whether it is still that.

import KerchunkBytes
public import KerchunkModel

/// Which file, set or object is at a place. Another one that takes the place has another state.
public struct OutputState: Hashable, Sendable {
    /// A file of this machine, or a directory and the file that makes it a set; empty where nothing is there.
    private let files: [File]
    /// The state of an object in a store.
    private let stamp: SourceStamp

    private struct File: Hashable, Sendable {
        let identity: Platform.FileIdentity
        let size: UInt64
        let modificationTime: Int64
    }

    /// - Parameter marker: the file that makes a directory a set.
    public init(local path: String, marker: String) {
        var names = [path]
        if Platform.statusIfAny(path)?.isDirectory == true { names.append(path + "/" + marker) }
        files = names.compactMap { name in
            Platform.statusIfAny(name).map {
                File(
                    identity: $0.identity, size: $0.isDirectory ? 0 : $0.size,
                    modificationTime: $0.modificationTime)
            }
        }
        stamp = SourceStamp()
    }

    public init(remote stamp: SourceStamp) {
        files = []
        self.stamp = stamp
    }

    /// The inode and the nanoseconds of modification of the file or directory, as text: `117 1690000000000000000`.
    var note: String { files.first.map { "\($0.identity.number) \($0.modificationTime)" } ?? "" }
}

/// How an output takes the place of a set that went into it.
public struct Succession: Hashable, Sendable {
    /// What was read: where something else is at the place in the end, the output is given up.
    public var read: OutputState
    /// A file of this machine that is told what takes the place, right before it does: its inode, and the nanoseconds
    /// since 1970 when it was modified.
    public var note: String?

    public init(_ read: OutputState, note: String? = nil) {
        self.read = read
        self.note = note
    }

    /// Tells what takes the place; it is there already, under another name.
    func tell(_ path: String, marker: String) throws(KerchunkError) {
        guard let note else { return }
        let file = try AtomicFile(note, overwrite: true)
        do {
            try file.write(Array(OutputState(local: path, marker: marker).note.utf8))
            try file.commit()
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }

    /// The error where others have taken the place.
    public static func overtaken(_ path: String) -> KerchunkError {
        KerchunkError(
            .changed,
            "another run has changed or removed this output while it was being appended to; nothing was appended: append again",
            url: path)
    }
}
