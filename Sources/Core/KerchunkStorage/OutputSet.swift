// SPDX-License-Identifier: Apache-2.0
// A set of files in the making, wherever it will be. See docs/ARCHITECTURE.md, D12.

/// Files that become a set together: readers see all of them, or none.
public protocol OutputSet: Sendable {
    /// Where the set will be, as the user named it.
    var path: String { get }
    /// Whether files may be there already that belong to the same work.
    var mayHoldFiles: Bool { get }
    /// A file of the set, which appears whole; from any thread.
    func begin(_ key: String) throws -> any Upload
    /// A file that is there already.
    /// - Throws: kind `notFound`, here or when it is read, where it is not.
    func open(_ key: String) throws -> any ByteSource
    func remove(_ key: String) throws
    /// Takes over a file of this machine, in place of what may have the name.
    func link(_ key: String, to path: String) throws
    /// Removes files that were being written when an earlier run was cut off.
    func removeStrays()
    /// Writes the file without which there is no set, and puts the set where it belongs.
    func commit(with key: String, _ bytes: [UInt8]) throws
    /// Gives up; what was made goes, except where it is meant for others or for later.
    func abort()
}

extension OutputSet {
    public func write(_ bytes: [UInt8], as key: String) throws {
        let output = try begin(key)
        do {
            try output.write(bytes)
            try output.commit()
        } catch {
            output.abort()
            throw error
        }
    }
}

extension AtomicDirectory: OutputSet {
    public var mayHoldFiles: Bool { resumption != nil }

    public func open(_ key: String) throws -> any ByteSource { try LocalFile(temporaryPath(of: key)) }
    public func remove(_ key: String) { Platform.remove(temporaryPath(of: key)) }

    public func commit(with key: String, _ bytes: [UInt8]) throws {
        try write(bytes, as: key)
        try commit()
    }
}
