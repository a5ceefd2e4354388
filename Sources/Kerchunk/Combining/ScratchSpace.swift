// SPDX-License-Identifier: Apache-2.0
// Packed datasets that a combination keeps on disk: what does not fit into memory, and what was scanned.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Synchronization

/// A directory for a later attempt, and one that goes with the run; each is made when it is first needed.
// A class because a directory of its own goes with it.
final class ScratchSpace: Sendable {
    /// The directory for a later attempt; nil where none is wanted.
    private let lasting: String?
    /// What the name of the other one starts with.
    private let prefix: String
    private let state = Mutex(State())

    private struct State {
        var temporary: TemporaryDirectory?
        var wasMadeHere = false
        var files: Set<String> = []
    }

    init(_ settings: CombineSettings) {
        var beside: String?
        if let output = settings.output, case .local(let path) = Location(LocationChain.outerFile(of: output))
        {
            beside = path
        }
        let place = (settings.scratch ?? beside ?? (Platform.environment("TMPDIR") ?? "/tmp") + "/kerchunk")
            .withoutClosingSlashes
        lasting = settings.scratch == nil ? nil : place
        prefix = settings.scratch == nil ? place + ".scratch" : place + "/run"
        TemporaryDirectory.removeLeftovers(prefix)
    }

    /// The place of a file that serves a later attempt, if such files are kept; the directory is there.
    func lastingFile(_ key: @autoclosure () -> String) throws(KerchunkError) -> String? {
        guard let lasting else { return nil }
        return try state.withLock { state throws(KerchunkError) in
            try Self.make(lasting, &state)
            let file = "\(lasting)/\(key()).kpack"
            state.files.insert(file)
            return file
        }
    }

    /// The place of a file that goes with this run; the directory is there.
    func file(_ name: String) throws(KerchunkError) -> String {
        try state.withLock { state throws(KerchunkError) in
            if let lasting { try Self.make(lasting, &state) }
            if let directory = state.temporary { return "\(directory.path)/\(name).kpack" }
            let directory = try TemporaryDirectory(prefix)
            state.temporary = directory
            return "\(directory.path)/\(name).kpack"
        }
    }

    private static func make(_ path: String, _ state: inout State) throws(KerchunkError) {
        if Platform.exists(path) { return }
        state.wasMadeHere = true
        try Platform.makeDirectory(path)
    }

    /// Removes the files of this run, and the directory if nothing else is in it.
    func empty() {
        state.withLock { state in
            state.temporary = nil
            for file in state.files { Platform.remove(file) }
            if state.wasMadeHere, let lasting { Platform.removeDirectory(lasting) }
            state = State()
        }
    }
}
