// SPDX-License-Identifier: Apache-2.0
// What directories as outputs need of the operating system: changing places, and going away.

import Glibc
import KerchunkModel

extension Platform {
    /// Lets the directories at two paths change places in one step.
    /// - Returns: false where the file system or the system cannot.
    static func exchange(_ one: String, _ other: String) -> Bool {
        // Glibc's module does not show the function, so it is asked for by name.
        guard let symbol = unsafe dlsym(nil, "renameat2") else { return false }
        // SAFETY: the type is that of the function in Glibc's stdio.h; the texts live during the call.
        let renameat2 = unsafe unsafeBitCast(symbol, to: RenameAt2.self)
        return unsafe renameat2(AT_FDCWD, one, AT_FDCWD, other, exchangeFlag) == 0
    }

    /// Whether there is anything at `path`, a dangling link included.
    static func isTaken(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Removes `path` and all below it; links are removed, not followed. What cannot be removed stays.
    public static func removeTree(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else { return remove(path) }
        for name in (try? list(path)) ?? [] { removeTree(path + "/" + name) }
        unsafe _ = rmdir(path)
    }
}

private typealias RenameAt2 =
    @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32

/// `RENAME_EXCHANGE` of Linux. Spec: rename(2).
private let exchangeFlag: UInt32 = 1 << 1
