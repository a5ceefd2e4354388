// SPDX-License-Identifier: Apache-2.0
// One try of one request, between the thread that waits for it and the engine's.

import KerchunkModel
import KerchunkStorage
import Synchronization

/// How requests are made.
struct TransferTerms: Hashable, Sendable {
    /// Transfers of the whole process that may run at once.
    var concurrency = 64
    var connectTimeout: Int = 30_000  // milliseconds
    /// Seconds for which a transfer may be slower than `slowest`.
    var stallTimeout = 60
    /// Bytes a second.
    var slowest = 1024
    var usesNetrc = true
    var usesCookies = true
    /// Whether no connection is made to a link-local address.
    var refusesLinkLocal = false
    var verifiesPeer = true
    /// Whether `.` and `..` in a path go to the server as they are.
    var keepsPath = false
}

/// Why no answer came.
struct TransferFailure: Error, Sendable {
    /// libcurl's number.
    let code: Int32
    let problem: String
    /// Whether it was we who did not connect, as the host's address was a link-local one.
    var isRefused = false

    /// With what to do, where that can be told.
    /// Spec: https://curl.se/libcurl/c/libcurl-errors.html
    var explained: String {
        switch code {
        case 1 where problem.contains("HTTP/0.9"): problem + "; the server there is not a web server"
        case 28 where problem.contains("too slow"):
            problem + "; --storage-option timeout=… gives slow servers more seconds"
        case 35 where problem.contains("wrong version number"):
            problem + "; use http:// for a server without encryption"
        case 60:
            problem
                + "; SSL_CERT_FILE names a file of trusted certificate authorities, --storage-option verify=false accepts any"
        case 77: problem + "; SSL_CERT_FILE, CURL_CA_BUNDLE and REQUESTS_CA_BUNDLE name it"
        default: problem
        }
    }
}

// A class because two threads share it.
final class Attempt: Sendable {
    enum Outcome: Sendable {
        case answered(HTTPResponse)
        case failed(TransferFailure)
        case abandoned
    }

    let request: HTTPRequest
    let terms: TransferTerms
    /// Rung when it has ended.
    let bell: Platform.Bell
    private let state = Mutex<Outcome?>(nil)
    private let abandonment = Atomic(false)

    init(_ request: HTTPRequest, _ terms: TransferTerms, _ bell: Platform.Bell) {
        self.request = request
        self.terms = terms
        self.bell = bell
    }

    /// Nil until it has ended.
    var outcome: Outcome? { state.withLock { $0 } }

    var isAbandoned: Bool { abandonment.load(ordering: .relaxed) }
    func abandon() { abandonment.store(true, ordering: .relaxed) }

    func end(_ outcome: Outcome) {
        state.withLock { $0 = outcome }
        bell.ring()
    }
}
