// SPDX-License-Identifier: Apache-2.0
// Packed datasets that a combination keeps on disk: what does not fit into memory, and what was scanned.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Synchronization

/// A directory that is made when it is first needed.
// A class because a directory of its own goes with it.
final class ScratchSpace: Sendable {
    /// Whether what is in it serves a later attempt.
    let isLasting: Bool
    private let path: String
    private let state = Mutex(State())

    private struct State {
        var isMade = false
        var wasMadeHere = false
        var files: Set<String> = []
    }

    init(_ settings: CombineSettings) {
        if let path = settings.scratch {
            self.path = path
            isLasting = true
        } else {
            var output = settings.output ?? (Platform.environment("TMPDIR") ?? "/tmp") + "/kerchunk"
            while output.count > 1, output.hasSuffix("/") { output.removeLast() }
            path = "\(output).scratch-\(Platform.processID)-\(Platform.monotonicTime)"
            isLasting = false
        }
    }

    /// The place of the file `key`; the directory is there.
    func file(_ key: String) throws(KerchunkError) -> String {
        try state.withLock { state throws(KerchunkError) in
            if !state.isMade {
                state.wasMadeHere = !Platform.exists(path)
                try Platform.makeDirectory(path)
                state.isMade = true
            }
            let file = "\(path)/\(key).kpack"
            state.files.insert(file)
            return file
        }
    }

    /// Removes the files of this run, and the directory if nothing else is in it.
    func empty() {
        state.withLock { state in
            guard state.isMade else { return }
            for file in state.files { Platform.remove(file) }
            if state.wasMadeHere || !isLasting { Platform.removeDirectory(path) }
            state = State()
        }
    }

    deinit { if !isLasting { empty() } }
}
