// SPDX-License-Identifier: Apache-2.0
// What callers outside of Swift hold, by number: a wrong number is an error, and not a wild pointer.

import Glibc
import Kerchunk

/// Anything that has a number.
// A class because callers share it.
protocol NumberedObject: AnyObject, Sendable {}

/// All objects that callers hold, and how many users each has.
// A class because there is one.
// SAFETY: `entries` is touched under the lock only. The lock is one of the system and not Swift's, which knows its owner by
// the number of a thread, and that changes when a process forks; nobody else holds it while the process forks.
@safe final class Objects: @unchecked Sendable {
    static let shared = Objects()

    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var entries: [UInt64: (object: any NumberedObject, users: Int)] = [:]
    /// Numbers are not used again; the first is unlike a count or an index.
    private var next: UInt64 = 0x6B65_0000_0000_0001

    private init() {
        unsafe lock = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        pthread_atfork(
            { unsafe pthread_mutex_lock(Objects.shared.lock) },
            { unsafe pthread_mutex_unlock(Objects.shared.lock) },
            { unsafe pthread_mutex_unlock(Objects.shared.lock) })
    }

    private func locked<Result>(_ body: (inout [UInt64: (object: any NumberedObject, users: Int)]) -> Result)
        -> Result
    {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return body(&entries)
    }

    var count: UInt64 { locked { UInt64($0.count) } }

    subscript(number: UInt64) -> (any NumberedObject)? { locked { $0[number]?.object } }

    /// - Returns: the number of `object`, which has one user more.
    func add(_ object: any NumberedObject) -> UInt64 {
        locked { entries in
            next += 1
            entries[next] = (object, 1)
            return next
        }
    }

    func retain(_ number: UInt64) -> Bool {
        locked { entries in
            entries[number]?.users += 1
            return entries[number] != nil
        }
    }

    func release(_ number: UInt64) -> Bool {
        // It ends outside of the lock, as that may take long.
        let ended: (any NumberedObject)?? = locked { entries in
            guard let entry = entries[number] else { return nil }
            guard entry.users == 1 else {
                entries[number]?.users -= 1
                return .some(nil)
            }
            entries[number] = nil
            return entry.object
        }
        return ended != nil
    }
}

/// An object with memory that callers look at.
protocol BufferObject: NumberedObject {
    /// - Returns: memory that stays as long as the object; nil where there is none of this number.
    @unsafe func buffer(_ index: Int) -> UnsafeRawBufferPointer?
}

/// Bytes, from callers or for them.
// A class because callers share it.
final class BytesObject: BufferObject {
    let bytes: Bytes
    init(_ bytes: Bytes) { self.bytes = bytes }

    @unsafe func buffer(_ index: Int) -> UnsafeRawBufferPointer? {
        // SAFETY: `bytes` keeps its memory where it is as long as this object lives.
        index == 0 ? unsafe bytes.withUnsafeBytes { unsafe $0 } : nil
    }
}

/// A dataset, with what is to be known of it.
// A class because callers share it.
final class DatasetObject: NumberedObject {
    let opened: Opened
    /// What it was combined from; nil where it was not.
    let combined: CombinedDataset?

    init(_ opened: Opened, combined: CombinedDataset? = nil) {
        self.opened = opened
        self.combined = combined
    }
}

/// Keeps others from an output as long as it lives; from nothing where the place has no locks.
// A class because callers share it.
final class LockObject: NumberedObject {
    private let lock: OutputLock?
    init(_ lock: OutputLock?) { self.lock = lock }
}
