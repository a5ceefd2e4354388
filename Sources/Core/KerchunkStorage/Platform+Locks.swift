// SPDX-License-Identifier: Apache-2.0
// Locks between processes.

import Glibc
import KerchunkModel

extension Platform {
    /// An advisory lock on a file, which the system takes away when the process ends, however it ends.
    // A class because its end frees the lock.
    final class Lock: Sendable {
        private let descriptor: Int32
        private let path: String
        private let owner = Platform.processID

        /// - Parameter isShared: whether others may share it.
        /// - Returns: nil where somebody else has the lock.
        /// - Throws: kind `unsupported` on file systems without locks.
        init?(_ path: String, isShared: Bool) throws(KerchunkError) {
            try checkName(path)
            self.path = path
            while true {
                let descriptor = try Self.opened(path)
                guard flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
                    let code = errno
                    var failure = systemError("cannot lock the output", path)
                    _ = close(descriptor)
                    switch code {
                    case EWOULDBLOCK: return nil
                    case EINTR: continue
                    case ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL: failure.kind = .unsupported
                    default: break
                    }
                    throw failure
                }
                // Who had it before may have removed the file meanwhile; then the lock is one on nothing.
                var own = stat()
                var there = stat()
                if unsafe fstat(descriptor, &own) == 0, unsafe stat(Platform.cPath(path), &there) == 0,
                    own.st_ino == there.st_ino, own.st_dev == there.st_dev
                {
                    self.descriptor = descriptor
                    return
                }
                _ = close(descriptor)
            }
        }

        private static func opened(_ path: String) throws(KerchunkError) -> Int32 {
            let descriptor = unsafe open(Platform.cPath(path), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            if descriptor >= 0 { return descriptor }
            let isRefused = errno == EACCES
            let failure = systemError("cannot write", path)
            // Left behind by another user, who was cut off.
            let readable = isRefused ? unsafe open(Platform.cPath(path), O_RDONLY | O_CLOEXEC) : -1
            guard readable >= 0 else { throw failure }
            return readable
        }

        /// Removes the file, which only the one that does not share the lock may do; the lock is kept.
        func removeFile() { if owner == Platform.processID { Platform.remove(path) } }

        deinit {
            // A child that was forked meanwhile shares the lock, and would keep it: only its owner frees it, for both.
            if owner == Platform.processID { _ = flock(descriptor, LOCK_UN) }
            _ = close(descriptor)
        }
    }

    /// Lets the calling thread do nothing for a while.
    static func sleep(milliseconds: UInt32) { _ = usleep(milliseconds * 1000) }
}
