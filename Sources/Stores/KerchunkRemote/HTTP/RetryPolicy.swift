// SPDX-License-Identifier: Apache-2.0
// Which failures pass, and how long to wait for that. Pure, but for the budget.

import KerchunkModel
import Synchronization

struct RetryPolicy: Hashable, Sendable {
    /// Tries of one request, the first included.
    var tries = 6
    /// Milliseconds before the second try; each further wait is up to twice as long.
    var firstDelay: UInt64 = 200
    var longestDelay: UInt64 = 20_000
    /// Milliseconds that a server may ask to wait.
    var longestAsked: UInt64 = 120_000

    /// Statuses that mean "not now".
    static func isTransient(status: Int) -> Bool {
        status == 408 || status == 425 || status == 429
            || (500...599).contains(status) && status != 501 && status != 505
    }

    /// libcurl's numbers for failures of a connection, not of what was asked.
    /// Spec: https://curl.se/libcurl/c/libcurl-errors.html
    static func isTransient(code: Int32) -> Bool {
        [
            5, 6, 7,  // name or connection
            16, 92, 95,  // framing of HTTP/2 and 3
            18,  // the body is short
            28,  // time-out
            35,  // TLS handshake
            52, 55, 56,  // no answer, cannot send, cannot receive
        ].contains(code)
    }

    /// Milliseconds to wait before try `number` (2, 3, …); nil where the server asks for more than we wait.
    /// - Parameters:
    ///   - asked: seconds, of the header `Retry-After`.
    ///   - random: from 0 up to 1.
    func delay(before number: Int, asked: Int64?, random: Double) -> UInt64? {
        let doublings = min(max(0, number - 2), 16)
        let longest = min(longestDelay, firstDelay << UInt64(doublings))
        let own = longest / 2 + UInt64(random * Double(longest) / 2)
        guard let asked, asked > 0 else { return own }
        guard asked <= Int64(longestAsked / 1000) else { return nil }
        return UInt64(asked) * 1000 + own / 4
    }
}

/// Bounds the tries of the whole process: where a service fails for all, repeating everything makes it worse.
// A class because all clients of the process share it.
final class RetryBudget: Sendable {
    static let process = RetryBudget(size: 1000)

    /// In tenths of a try.
    private let left: Mutex<Int>
    private let size: Int

    init(size: Int) {
        self.size = size * 10
        left = Mutex(size * 10)
    }

    /// Whether one more try may be made.
    func take() -> Bool {
        left.withLock { left in
            guard left >= 10 else { return false }
            left -= 10
            return true
        }
    }

    /// An answer came: ten of them give one more try.
    func refill() { left.withLock { $0 = min(size, $0 + 1) } }
}
