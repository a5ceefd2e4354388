// SPDX-License-Identifier: Apache-2.0
// What outputs need of the operating system: changing places, links, locks, lasting, and going away.

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
        return unsafe renameat2(AT_FDCWD, cPath(one), AT_FDCWD, cPath(other), exchangeFlag) == 0
    }

    /// Gives the file or directory `old` the name `new`, which nothing has.
    /// - Returns: false where something has it, were it an empty directory.
    static func renameToFree(_ old: String, _ new: String) throws(KerchunkError) -> Bool {
        if let symbol = unsafe dlsym(nil, "renameat2") {
            // SAFETY: the type is that of the function in Glibc's stdio.h; the texts live during the call.
            let renameat2 = unsafe unsafeBitCast(symbol, to: RenameAt2.self)
            if unsafe renameat2(AT_FDCWD, cPath(old), AT_FDCWD, cPath(new), noReplaceFlag) == 0 {
                return true
            }
            if errno == EEXIST { return false }
            guard errno == EINVAL || errno == ENOSYS else { throw systemError("cannot write", new) }
        }
        // File systems that do not know how: a second name is never one that is taken.
        if try !status(old).isDirectory {
            if unsafe link(cPath(old), cPath(new)) == 0 {
                remove(old)
                return true
            }
            if errno == EEXIST { return false }
        }
        guard !isTaken(new) else { return false }
        if unsafe Glibc.rename(cPath(old), cPath(new)) == 0 { return true }
        switch errno {
        case EEXIST, ENOTEMPTY, ENOTDIR, EISDIR: return false
        default: throw systemError("cannot write", new)
        }
    }

    /// Gives a file or directory the permissions `mode`, where the system lets us.
    static func setMode(_ path: String, _ mode: UInt32) { unsafe _ = chmod(cPath(path), mode) }

    /// The status of what has the name, a link itself; nil where nothing has it.
    static func statusOfName(_ path: String) -> NameStatus? {
        var status = stat()
        guard unsafe lstat(cPath(path), &status) == 0 else { return nil }
        return NameStatus(isDirectory: status.st_mode & S_IFMT == S_IFDIR, mode: status.st_mode & 0o7777)
    }

    /// What has a name.
    struct NameStatus {
        /// Not for a link to one.
        let isDirectory: Bool
        let mode: UInt32
    }

    /// Whether there is anything at `path`, a dangling link included.
    static func isTaken(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(cPath(path), &status) == 0
    }

    /// Removes `path` and all below it; links are removed, not followed. What cannot be removed stays.
    public static func removeTree(_ path: String) {
        var status = stat()
        guard !path.utf8.contains(0), unsafe lstat(cPath(path), &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else { return remove(path) }
        if status.st_mode & 0o300 != 0o300 { setMode(path, status.st_mode & 0o7777 | 0o700) }
        for name in (try? list(path)) ?? [] { removeTree(path + "/" + name) }
        unsafe _ = rmdir(cPath(path))
    }
}

extension Platform {
    /// Gives the file `path` a second name.
    /// - Returns: false where the file system cannot, or `path` lies on another one.
    static func makeLink(_ name: String, to path: String) throws(KerchunkError) -> Bool {
        // A symbolic link is followed.
        guard let real = realPath(path) else { throw systemError("cannot find the file", path) }
        if unsafe link(cPath(real), cPath(name)) == 0 { return true }
        switch errno {
        case EXDEV, EPERM, EMLINK, ENOSYS, EOPNOTSUPP, EACCES: return false
        default: throw systemError("cannot link", name)
        }
    }

    /// Waits until all that was written to the file system of the directory `path` is on its device.
    static func syncFileSystem(_ path: String) throws(KerchunkError) {
        let descriptor = try directoryDescriptor(path)
        defer { _ = close(descriptor) }
        // Glibc's module does not show the function, so it is asked for by name.
        if let symbol = unsafe dlsym(nil, "syncfs") {
            // SAFETY: the type is that of the function in Glibc's unistd.h.
            let syncfs = unsafe unsafeBitCast(symbol, to: SyncFS.self)
            if syncfs(descriptor) == 0 { return }
            guard errno == ENOSYS else { throw systemError("cannot flush the output to disk", path) }
        }
        for name in try list(path) {
            let member = path + "/" + name
            if try status(member).isDirectory { try syncFileSystem(member) } else { try syncFile(member) }
        }
        guard fsync(descriptor) == 0 else { throw systemError("cannot flush the output to disk", path) }
    }

    /// Waits until the file or directory `path` is on its device: of a directory, which names it has.
    static func syncFile(_ path: String) throws(KerchunkError) {
        let descriptor = unsafe open(Platform.cPath(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot open the file", path) }
        defer { _ = close(descriptor) }
        guard fsync(descriptor) == 0 else { throw systemError("cannot flush the output to disk", path) }
    }

    private static func directoryDescriptor(_ path: String) throws(KerchunkError) -> Int32 {
        let descriptor = unsafe open(Platform.cPath(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot open the directory", path) }
        return descriptor
    }
}

private typealias SyncFS = @convention(c) (Int32) -> Int32
private typealias RenameAt2 =
    @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32

/// `RENAME_EXCHANGE` of Linux. Spec: rename(2).
private let exchangeFlag: UInt32 = 1 << 1
/// `RENAME_NOREPLACE`.
private let noReplaceFlag: UInt32 = 1 << 0
