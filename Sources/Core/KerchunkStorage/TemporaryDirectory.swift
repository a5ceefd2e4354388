// SPDX-License-Identifier: Apache-2.0
// A directory for a while.

public import KerchunkModel

/// Removed at its end; of a process that was killed, by the next one that makes a directory at the same place.
// A class because it ends once. A lock beside the directory, which ends with the process, tells who is still alive.
public final class TemporaryDirectory: Sendable {
    public let path: String
    private let lock: Platform.Lock

    /// - Parameter prefix: what its path starts with, its parent included.
    public init(_ prefix: String) throws(KerchunkError) {
        Self.removeLeftovers(prefix)
        let slash = prefix.lastIndex(of: "/")
        if let slash, slash != prefix.startIndex { try Platform.makeDirectory(String(prefix[..<slash])) }
        while true {
            let path = "\(prefix)-\(Platform.processID)-\(Platform.monotonicTime)"
            // Somebody who looks for leftovers may have it for a moment.
            guard let lock = try Platform.Lock(path + Self.lockEnd, isShared: false) else { continue }
            self.path = path
            self.lock = lock
            break
        }
        try Platform.makeDirectory(path)
    }

    deinit {
        Platform.removeTree(path)
        lock.removeFile()
    }

    private static let lockEnd = ".lock"

    /// Removes directories of this prefix whose processes are gone.
    public static func removeLeftovers(_ prefix: String) {
        let slash = prefix.lastIndex(of: "/")
        let folder = slash.map { prefix[..<prefix.index(after: $0)] } ?? "./"
        let start = slash.map { prefix[prefix.index(after: $0)...] } ?? prefix[...]
        for name in (try? Platform.list(String(folder))) ?? [] where name.hasPrefix(start) {
            let rest = name.dropFirst(start.count)
            guard rest.hasPrefix("-"), rest.hasSuffix(lockEnd),
                rest.dropFirst().dropLast(lockEnd.count).allSatisfy({ $0 == "-" || $0.isNumber }),
                let lock = try? Platform.Lock(folder + name, isShared: false)
            else { continue }
            Platform.removeTree(String((folder + name).dropLast(lockEnd.count)))
            lock.removeFile()
        }
    }
}
