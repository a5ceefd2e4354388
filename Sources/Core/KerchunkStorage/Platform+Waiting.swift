// SPDX-License-Identifier: Apache-2.0
// Threads that wait for others, and what they must not be woken by.

import Glibc

extension Platform {
    /// Rung by one thread, heard by others that wait for it.
    // A class because all threads share its lock.
    // SAFETY: `lock` and `condition` are allocated for its lifetime; `count` is touched under the lock only.
    @safe public final class Bell: @unchecked Sendable {
        private let lock: UnsafeMutablePointer<pthread_mutex_t>
        private let condition: UnsafeMutablePointer<pthread_cond_t>
        private var count: UInt64 = 0

        public init() {
            unsafe lock = .allocate(capacity: 1)
            unsafe condition = .allocate(capacity: 1)
            unsafe pthread_mutex_init(lock, nil)
            var attributes = pthread_condattr_t()
            unsafe pthread_condattr_init(&attributes)
            unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            unsafe pthread_cond_init(condition, &attributes)
            unsafe pthread_condattr_destroy(&attributes)
        }

        deinit {
            unsafe pthread_cond_destroy(condition)
            unsafe pthread_mutex_destroy(lock)
            unsafe condition.deallocate()
            unsafe lock.deallocate()
        }

        public func ring() {
            unsafe pthread_mutex_lock(lock)
            count += 1
            unsafe pthread_cond_broadcast(condition)
            unsafe pthread_mutex_unlock(lock)
        }

        /// Waits until it has rung more than `heard` times, at most `milliseconds`.
        /// - Returns: how often it has rung.
        public func wait(past heard: UInt64, milliseconds: UInt64) -> UInt64 {
            let end = monotonicTime + milliseconds * 1_000_000
            var time = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
            unsafe pthread_mutex_lock(lock)
            defer { unsafe pthread_mutex_unlock(lock) }
            while count <= heard {
                if unsafe pthread_cond_timedwait(condition, lock, &time) != 0 { break }
            }
            return count
        }
    }

    /// Keeps signals away from the calling thread: writing to a closed connection must not end the process.
    public static func blockSignals() {
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Seconds since 1970.
    public static var wallTime: Int64 { Int64(time(nil)) }
}
