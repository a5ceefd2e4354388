// SPDX-License-Identifier: Apache-2.0
// The one place that talks to the operating system: files, environment, clock, threads.

import Glibc
public import KerchunkBytes
public import KerchunkModel

public enum Platform {
    /// Cores that this process may use.
    public static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Bytes of memory that the machine has.
    public static var memorySize: UInt64 {
        UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    }

    public static var processID: Int32 { getpid() }

    /// Nanoseconds of a clock that only goes forward.
    public static var monotonicTime: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    public static func environment(_ name: String) -> String? {
        // SAFETY: the C string is copied at once; we never change the environment.
        unsafe getenv(name).map { unsafe systemName($0) }
    }

    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// The working directory as an absolute path.
    public static var workingDirectory: String {
        var buffer = [CChar](repeating: 0, count: 4097)
        guard unsafe getcwd(&buffer, buffer.count) != nil else { return "/" }
        return string(buffer)
    }

    private static func string(_ characters: [CChar]) -> String {
        SystemText.string(characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }

    /// The words that this process was started with, its name first.
    public static var arguments: [String] {
        // SAFETY: the words are the process's own, and end with NUL.
        (0..<Int(CommandLine.argc)).compactMap { index in
            unsafe CommandLine.unsafeArgv[index].map { unsafe systemName($0) }
        }
    }

    /// A path as the system takes it, with its NUL.
    static func cPath(_ path: String) -> [CChar] {
        SystemText.bytes(path).map { CChar(bitPattern: $0) } + [0]
    }

    /// The string that stands for a name of the system, which ends with NUL.
    @unsafe private static func systemName(_ name: UnsafePointer<CChar>) -> String {
        unsafe SystemText.string(
            UnsafeBufferPointer(start: name, count: strlen(name)).map { UInt8(bitPattern: $0) })
    }

    /// The error that the last system call left in `errno`, with `what` was tried: `cannot read`.
    static func systemError(_ what: String, _ path: String) -> KerchunkError {
        let code = errno
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        let kind: KerchunkError.Kind =
            switch code {
            case ENOENT, ENOTDIR: .notFound
            case EACCES, EPERM: .permission
            default: .input
            }
        return KerchunkError(kind, "\(what): \(text)", url: path)
    }

    // MARK: Files

    /// Names of the system end at a NUL: what is asked for would be another file.
    static func checkName(_ path: String) throws(KerchunkError) {
        guard !path.utf8.contains(0) else {
            throw KerchunkError(
                .usage, "the name contains a NUL character, which file names cannot have", url: path)
        }
    }

    public struct FileIdentity: Hashable, Sendable {
        let device: UInt64
        /// That of the inode.
        let number: UInt64
    }

    public struct FileStatus: Sendable {
        public let size: UInt64
        /// Nanoseconds since 1970.
        public let modificationTime: Int64
        public let isDirectory: Bool
        public let isRegular: Bool
        /// Who may read, write and run it, in the bits of chmod(2).
        public let mode: UInt32
        /// Equal for all names of one file.
        public let identity: FileIdentity
    }

    public static func status(_ path: String) throws(KerchunkError) -> FileStatus {
        try checkName(path)
        guard let status = statusIfAny(path) else { throw systemError("cannot find the file", path) }
        return status
    }

    /// Nil where nothing of this name can be reached; cheaper than the error.
    public static func statusIfAny(_ path: String) -> FileStatus? {
        var status = stat()
        guard !path.utf8.contains(0) else { return nil }
        return unsafe stat(cPath(path), &status) == 0 ? FileStatus(status) : nil
    }

    public static func exists(_ path: String) -> Bool { statusIfAny(path) != nil }

    /// Names in a directory, sorted.
    public static func list(_ path: String) throws(KerchunkError) -> [String] {
        try checkName(path)
        guard let directory = unsafe opendir(cPath(path)) else {
            throw systemError("cannot list the directory", path)
        }
        defer { unsafe _ = closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            // SAFETY: readdir's entry is valid until the next call; its name ends with NUL.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe systemName($0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes the directory at `path` and those above it, where they are missing.
    public static func makeDirectory(_ path: String) throws(KerchunkError) {
        try checkName(path)
        if unsafe mkdir(cPath(path), 0o777) == 0 { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectory(String(path[..<slash]))
            // Another thread may have been faster.
            if unsafe mkdir(cPath(path), 0o777) == 0 || errno == EEXIST { return }
        }
        // Another thread may have been first.
        if errno == EEXIST, statusIfAny(path)?.isDirectory == true { return }
        throw systemError("cannot make the directory", path)
    }

    public static func remove(_ path: String) {
        if !path.utf8.contains(0) { unsafe _ = unlink(cPath(path)) }
    }

    /// Removes an empty directory.
    public static func removeDirectory(_ path: String) {
        if !path.utf8.contains(0) { unsafe _ = rmdir(cPath(path)) }
    }

    public static func makeSymbolicLink(_ path: String, to target: String) throws(KerchunkError) {
        try checkName(path + target)
        guard unsafe symlink(cPath(target), cPath(path)) == 0 else {
            throw systemError("cannot make the link", path)
        }
    }

    public static func rename(_ old: String, to new: String) throws(KerchunkError) {
        try checkName(old + new)
        guard unsafe Glibc.rename(cPath(old), cPath(new)) == 0 else { throw systemError("cannot write", new) }
    }

    /// An absolute path without symbolic links; nil where the file does not exist.
    public static func realPath(_ path: String) -> String? {
        guard !path.utf8.contains(0), let resolved = unsafe realpath(cPath(path), nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe systemName(resolved)
    }

    /// An open file.
    // A class because the last user closes the descriptor.
    public final class File: Sendable {
        public let descriptor: Int32
        public let path: String

        public enum Mode: Sendable { case read, create }

        /// - Parameter permissions: of a file that is made, as far as the process's mask lets them.
        public init(_ path: String, _ mode: Mode, permissions: UInt32 = 0o666) throws(KerchunkError) {
            self.path = path
            try checkName(path)
            descriptor =
                switch mode {
                // A pipe must not hang us.
                case .read: unsafe open(cPath(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                case .create: unsafe open(cPath(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
                }
            guard descriptor >= 0 else {
                throw systemError(mode == .read ? "cannot open the file" : "cannot write", path)
            }
        }

        deinit { _ = close(descriptor) }

        public func status() throws(KerchunkError) -> FileStatus {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else { throw systemError("cannot read", path) }
            return FileStatus(status)
        }

        /// Exactly `range`.
        public func read(_ range: ByteRange) throws(KerchunkError) -> Bytes { try read([range]) }

        /// Exactly `ranges`, behind each other in one piece of memory.
        public func read(_ ranges: [ByteRange]) throws(KerchunkError) -> Bytes {
            var total: UInt64 = 0
            for range in ranges {
                guard let sum = total.adding(range.count), sum <= UInt64(Int.max),
                    range.end <= UInt64(Int.max)
                else {
                    throw KerchunkError(
                        .malformed,
                        "\(range.count) bytes from byte \(range.offset) on are beyond the end of any file",
                        url: path)
                }
                total = sum
            }
            return try unsafe Bytes(uninitializedCapacity: Int(total)) {
                buffer throws(KerchunkError) -> Int in
                var position = 0
                for range in ranges {
                    // SAFETY: the counts of all ranges add up to the size of the buffer.
                    try unsafe fill(
                        UnsafeMutableRawBufferPointer(
                            rebasing: buffer[position..<position + Int(range.count)]),
                        from: Int(range.offset))
                    position += Int(range.count)
                }
                return position
            }
        }

        private func fill(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int) throws(KerchunkError) {
            var filled = 0
            while filled < buffer.count {
                // SAFETY: `filled ..< count` lies inside the buffer.
                let got = unsafe pread(
                    descriptor, buffer.baseAddress.map { unsafe $0 + filled }, buffer.count - filled,
                    offset + filled)
                if got < 0 {
                    if errno == EINTR { continue }
                    throw systemError("cannot read", path)
                }
                if got == 0 {
                    throw KerchunkError(
                        .malformed, "the file ends \(buffer.count - filled) bytes too early", url: path,
                        offset: UInt64(offset + filled))
                }
                filled += got
            }
        }

        /// All of `bytes`, at the end of what was written.
        public func write(_ bytes: UnsafeRawBufferPointer) throws(KerchunkError) {
            try unsafe Platform.writeAll(bytes, to: descriptor, named: path)
        }
    }

    /// Writes to standard output (1) or standard error (2).
    public static func write(_ text: RawSpan, to descriptor: Int32) throws(KerchunkError) {
        // SAFETY: the pointer is used during the call only.
        try unsafe text.withUnsafeBytes { (bytes) throws(KerchunkError) in
            try unsafe writeAll(
                bytes, to: descriptor, named: descriptor == 1 ? "standard output" : "standard error")
        }
    }

    public static func write(_ text: String, to descriptor: Int32) throws(KerchunkError) {
        // SAFETY: bytes have no padding that was never written.
        try unsafe write(Array(text.utf8).span.bytes, to: descriptor)
    }

    private static func writeAll(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, named name: String
    ) throws(KerchunkError) {
        var written = 0
        while written < bytes.count {
            // SAFETY: `written ..< bytes.count` lies inside the buffer.
            let count = unsafe Glibc.write(
                descriptor, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
            if count < 0 {
                if errno == EINTR { continue }
                throw systemError("cannot write", name)
            }
            written += count
        }
    }

    /// All that can be read from the file, pipe or device at `path`; of standard input for nil.
    public static func readToEnd(_ path: String?) throws(KerchunkError) -> [UInt8] {
        if let path { try checkName(path) }
        let descriptor = if let path { unsafe open(cPath(path), O_RDONLY | O_CLOEXEC) } else { Int32(0) }
        guard descriptor >= 0 else { throw systemError("cannot open the file", path ?? "standard input") }
        defer { if path != nil { _ = close(descriptor) } }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw systemError("cannot read", path ?? "standard input")
            }
            if count == 0 { return content }
            content += piece[..<count]
        }
    }

    // MARK: Signals

    /// Set by SIGINT and SIGTERM once `watchInterrupts` was called.
    public static let interruption = Cancellation()

    /// From now on SIGINT and SIGTERM set `interruption`; a second one of them ends the process. A file that grows beyond
    /// what the user's limits allow is an error of writing, as a full device is, and no longer the end of the process.
    public static func watchInterrupts() {
        // Made before a handler can need it: making it there would not be safe.
        _ = interruption
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in Platform.interruption.cancel() }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
        unsafe sigaction(SIGINT, &action, nil)
        unsafe sigaction(SIGTERM, &action, nil)
        _ = signal(SIGXFSZ, SIG_IGN)
    }

    // MARK: Threads

    /// A thread of our own: no cooperative pool, so blocking is fine, and a forked child can make new ones.
    // A class because it is joined once.
    public final class Thread {
        private let handle: pthread_t

        /// - Returns: nil where the system gives no further thread.
        public init?(_ body: @escaping @Sendable () -> Void) {
            var thread = pthread_t()
            let job = unsafe Unmanaged.passRetained(Job(body))
            // SAFETY: the new thread takes over the reference that was retained for it.
            let code = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                }, job.toOpaque())
            guard code == 0 else {
                unsafe job.release()
                return nil
            }
            handle = thread
        }

        public func join() { _ = pthread_join(handle, nil) }
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

extension Platform.FileStatus {
    fileprivate init(_ status: stat) {
        size = UInt64(max(0, status.st_size))
        modificationTime = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        isRegular = status.st_mode & S_IFMT == S_IFREG
        mode = status.st_mode & 0o7777
        identity = Platform.FileIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    }
}
