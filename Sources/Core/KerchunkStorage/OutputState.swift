// SPDX-License-Identifier: Apache-2.0
// What is at an output's place, to see whether it is still that.

import KerchunkBytes
public import KerchunkModel

/// Which file, set or object is at a place. Another one that takes the place has another state.
public struct OutputState: Hashable, Sendable {
    /// A file or directory of this machine; nil where nothing is there.
    private let file: File?
    /// What the file says that makes a directory a set: fsspec writes it anew where nothing has changed.
    private let marker: String
    /// The state of an object in a store.
    private let stamp: SourceStamp

    private struct File: Hashable, Sendable {
        let identity: Platform.FileIdentity
        let size: UInt64
        let modificationTime: Int64
    }

    /// - Parameter marker: the file that makes a directory a set.
    public init(local path: String, marker: String) {
        let status = Platform.statusIfAny(path)
        file = status.map {
            File(
                identity: $0.identity, size: $0.isDirectory ? 0 : $0.size,
                modificationTime: $0.modificationTime)
        }
        var content = Fingerprint()
        if status?.isDirectory == true, let bytes = try? Platform.readToEnd(path + "/" + marker) {
            for byte in bytes { content.combine(byte) }
        }
        self.marker = content.text
        stamp = SourceStamp()
    }

    public init(remote stamp: SourceStamp) {
        file = nil
        marker = ""
        self.stamp = stamp
    }

    /// The inode and the nanoseconds of modification of the file or directory, as text: `117 1690000000000000000`.
    var note: String { file.map { "\($0.identity.number) \($0.modificationTime)" } ?? "" }
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
            "another run changed or removed this output during the append; nothing was appended: append again",
            url: path)
    }
}
