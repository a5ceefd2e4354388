// SPDX-License-Identifier: Apache-2.0
// One at a time changes an output: who reads it, adds something and puts the result in its place.

public import KerchunkModel

/// Keeps others from changing the same output of this machine until it is released, or the process ends, however it ends.
/// File systems without locks are no reason to fail: whoever changes an output looks once more whether it is what was read.
// A class because its end frees the lock.
public final class OutputLock: Sendable {
    private let lock: Platform.Lock?

    /// Milliseconds between two tries.
    private static let pause: UInt32 = 50

    /// - Parameters:
    ///   - path: the output, by any of its names.
    ///   - seconds: how long others are waited for.
    ///   - isWaiting: called once where that takes more than 3 seconds.
    /// - Throws: kind `output` where others have it longer; kind `cancelled`.
    public init(
        _ path: String, waiting seconds: UInt64, cancellation: Cancellation = Cancellation(),
        isWaiting: () -> Void = {}
    ) throws(KerchunkError) {
        let name = path.withoutClosingSlashes
        let place = Platform.realPath(name) ?? name
        let start = Platform.monotonicTime
        var isTold = false
        while true {
            do {
                if let lock = try Platform.Lock(place + ".lock", isShared: false) {
                    self.lock = lock
                    return
                }
            } catch {
                guard error.kind == .unsupported else {
                    let isNowhere = error.kind == .notFound
                    throw KerchunkError(
                        isNowhere ? .notFound : .output,
                        isNowhere
                            ? "there is no reference set to append to; leave out --append the first time"
                            : error.message, url: path)
                }
                lock = nil
                return
            }
            try cancellation.check()
            let waited = (Platform.monotonicTime - start) / 1_000_000_000
            if waited >= 3, !isTold {
                isTold = true
                isWaiting()
            }
            guard waited < seconds else {
                throw KerchunkError(
                    .output,
                    "another run is appending to this output\(seconds > 0 ? ", and had not finished after \(seconds) s" : ""); nothing was changed: append again when it has finished",
                    url: path)
            }
            Platform.sleep(milliseconds: Self.pause)
        }
    }

    deinit { lock?.removeFile() }
}
