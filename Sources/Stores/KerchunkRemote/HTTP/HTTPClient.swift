// SPDX-License-Identifier: Apache-2.0
// Requests in batches, with all that makes an answer likely: credentials, redirects, tries.

import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// Puts credentials into requests. Called for each try, on the thread that waits for the answer, so it may itself send
/// requests; never called for a host that a redirect leads to.
public protocol RequestSigner: Sendable {
    /// Changes the headers or the URL of `request` so that the server knows who asks.
    func sign(_ request: inout HTTPRequest) throws
    /// What becomes of an answer of the host that was asked for.
    /// - Parameter request: as it was before it was signed.
    func judge(_ response: HTTPResponse, to request: HTTPRequest) -> AnswerVerdict
}

public enum AnswerVerdict: Sendable {
    /// The answer is treated like that of any server.
    case taken
    /// Another request takes the place of the one that was answered, at once.
    case again(HTTPRequest)
    /// A transient error leads to another try.
    case failed(KerchunkError)
}

extension RequestSigner {
    public func judge(_ response: HTTPResponse, to request: HTTPRequest) -> AnswerVerdict { .taken }
}

/// Sends requests. All clients of a process share its connections, and its cookies.
public struct HTTPClient: Sendable {
    private var access: StorageAccess
    private let signer: (any RequestSigner)?
    private var terms: TransferTerms
    private var policy: RetryPolicy
    private let budget = RetryBudget.process
    private static let redirectLimit = 10

    /// Options that every client knows.
    public static let optionNames = ["timeout", "retries", "verify", "trust_env"]

    /// - Parameter signer: nil for requests without credentials of their own; `.netrc` is looked into then.
    public init(_ access: StorageAccess, signer: (any RequestSigner)? = nil) throws(KerchunkError) {
        self.access = access
        self.signer = signer
        var terms = TransferTerms()
        terms.concurrency = max(1, access.options.concurrency)
        if let timeout = try access.options.number("timeout", in: 1...86_400) {
            terms.stallTimeout = timeout
            terms.connectTimeout = min(terms.connectTimeout, timeout * 1000)
        }
        terms.verifiesPeer = try access.options.flag("verify") ?? true
        terms.keepsPath = signer != nil
        terms.usesNetrc = try access.options.flag("trust_env") ?? true && signer == nil
        self.terms = terms
        var policy = RetryPolicy()
        if let retries = try access.options.number("retries", in: 0...100) { policy.tries = retries + 1 }
        self.policy = policy
    }

    /// The same, for requests that tidy up after an interruption: they go out all the same, and soon give up.
    var tidying: HTTPClient {
        var client = self
        client.access.cancellation = Cancellation()
        client.policy.tries = 2
        client.terms.stallTimeout = min(terms.stallTimeout, 5)
        client.terms.connectTimeout = min(terms.connectTimeout, 5000)
        return client
    }

    /// One request.
    public func send(_ request: HTTPRequest) throws(KerchunkError) -> HTTPResponse {
        try send([request])[0].get()
    }

    /// All of `requests`, as many at once as may be.
    /// - Parameter check: says of an answer whether it is good; a transient error of it leads to another try.
    /// - Returns: in the order of `requests` what came: any answer that is not a transient failure.
    public func send(
        _ requests: [HTTPRequest],
        check: @Sendable (Int, HTTPResponse) -> KerchunkError? = { _, _ in nil }
    ) throws(KerchunkError) -> [Result<HTTPResponse, KerchunkError>] {
        let engine = try TransferEngine.current()
        access.traffic.add(roundTrips: 1)
        let bell = Platform.Bell()
        var exchanges = requests.map { Exchange(request: $0) }
        // Few at a time, so that the batches of several threads share the connections.
        var active: [Int] = []
        var next = 0
        var heard: UInt64 = 0
        while next < exchanges.count || !active.isEmpty {
            if access.cancellation.isCancelled {
                abandon(active.compactMap { exchanges[$0].attempt }, engine, bell)
                throw KerchunkError(.cancelled, "interrupted")
            }
            while next < exchanges.count, active.count < terms.concurrency {
                active.append(next)
                next += 1
            }
            let now = Platform.monotonicTime
            var started: [Attempt] = []
            var pause: UInt64 = 100
            for index in active {
                if let outcome = exchanges[index].attempt?.outcome {
                    exchanges[index].attempt = nil
                    settle(&exchanges[index], outcome) { check(index, $0) }
                }
                guard exchanges[index].result == nil, exchanges[index].attempt == nil else { continue }
                let start = exchanges[index].notBefore
                if start > now {
                    pause = min(pause, (start - now) / 1_000_000 + 1)
                } else if let attempt = attempt(&exchanges[index], bell) {
                    started.append(attempt)
                }
            }
            if !started.isEmpty {
                access.traffic.add(requests: started.count)
                engine.start(started)
            }
            let count = active.count
            active.removeAll { exchanges[$0].result != nil }
            if active.count < count, next < exchanges.count { continue }
            if !active.isEmpty { heard = bell.wait(past: heard, milliseconds: pause) }
        }
        return exchanges.map { $0.result ?? .failure(KerchunkError(.network, "no response")) }
    }

    /// A request on its way to an answer.
    private struct Exchange {
        var request: HTTPRequest
        /// Where redirects have led.
        var url: String
        var method: String
        var redirects = 0
        var tries = 0
        /// On the monotonic clock.
        var notBefore: UInt64 = 0
        var attempt: Attempt?
        var result: Result<HTTPResponse, KerchunkError>?

        /// Whether a redirect has led away from the host that was asked for.
        var isElsewhere: Bool { request.isAnonymous || URLText.origin(url) != URLText.origin(request.url) }

        init(request: HTTPRequest) {
            self.request = request
            url = request.url
            method = request.method
        }
    }

    /// The next try; nil where it cannot be made, which is then the result.
    private func attempt(_ exchange: inout Exchange, _ bell: Platform.Bell) -> Attempt? {
        do {
            let attempt = Attempt(try signed(exchange), terms(of: exchange), bell)
            exchange.attempt = attempt
            return attempt
        } catch {
            exchange.result = .failure(KerchunkError(wrapping: error))
            return nil
        }
    }

    /// The request of the next try. What identifies the user goes to the host that was asked for, and to no other.
    private func signed(_ exchange: Exchange) throws -> HTTPRequest {
        var request = exchange.request
        request.setHeader("Accept-Encoding", "identity")
        if request.headers.allSatisfy({ !$0.name.isEqualIgnoringCase("User-Agent") }) {
            request.headers.append(HTTPHeader("User-Agent", "swift-kerchunk"))
        }
        if request.body != nil { request.setHeader("Expect", "") }
        if URLText.origin(exchange.url) == URLText.origin(request.url) {
            request.url = exchange.url
            if !request.isAnonymous { try signer?.sign(&request) }
        } else {
            request.url = exchange.url
            request.headers.removeAll { !$0.isHarmless }
        }
        request.method = exchange.method
        return request
    }

    /// How the next try is made. The host that a user named may get the login that .netrc has for any host; others get those
    /// that it has for them by name, and lead to no address of the link.
    private func terms(of exchange: Exchange) -> TransferTerms {
        var terms = terms
        guard exchange.isElsewhere || access.isNamedByReferences else { return terms }
        terms.refusesLinkLocal = true
        let isDowngrade =
            RedirectRules.isEncrypted(exchange.request.url) && !RedirectRules.isEncrypted(exchange.url)
        terms.usesNetrc = terms.usesNetrc && !isDowngrade && Netrc.names(URLText.host(exchange.url))
        terms.usesCookies = !isDowngrade
        return terms
    }

    /// Whether the try that was answered told who asks.
    private func carriesCredentials(_ exchange: Exchange) -> Bool {
        if exchange.isElsewhere {
            return terms.usesNetrc && Netrc.names(URLText.host(exchange.url))
        }
        return signer != nil || exchange.request.headers.contains { !$0.isHarmless }
            || terms.usesNetrc && Netrc.hasLogin(for: URLText.host(exchange.url))
    }

    private func settle(
        _ exchange: inout Exchange, _ outcome: Attempt.Outcome, check: (HTTPResponse) -> KerchunkError?
    ) {
        exchange.tries += 1
        switch outcome {
        case .abandoned: exchange.result = .failure(KerchunkError(.cancelled, "interrupted"))
        case .failed(let failure):
            var error = KerchunkError(
                .network, "the transfer failed: \(failure.explained)", url: exchange.request.name,
                isTransient: RetryPolicy.isTransient(code: failure.code))
            // A host that is not there is mostly a mistake.
            let isUnreachable = failure.code == 6 || failure.code == 7
            if failure.isRefused {
                exchange.result = .failure(RedirectRules.linkLocal.at(exchange.request.name))
                return
            }
            // Where a redirect led there, the host that was asked is not lost.
            if isUnreachable, exchange.redirects == 0 { error.cause = UnreachableHost() }
            retryOrFail(
                &exchange, error, asked: nil, tries: isUnreachable ? min(policy.tries, 3) : policy.tries)
        case .answered(var response):
            access.traffic.add(bytes: UInt64(response.body.count))
            let isOwn = URLText.origin(exchange.url) == URLText.origin(exchange.request.url)
            // What a signer put into the URL is for the server alone.
            if isOwn { response.url = exchange.url }
            let verdict =
                isOwn && !exchange.request.isAnonymous
                ? signer?.judge(response, to: exchange.request) ?? .taken : .taken
            switch verdict {
            case .taken: break
            case .again(let request):
                exchange.request = request
                exchange.url = request.url
                redirect(&exchange, to: request.url, status: 307)
                return
            case .failed(var error):
                error.url = exchange.request.name
                retryOrFail(&exchange, error, asked: nil, tries: policy.tries)
                return
            }
            if let target = redirectTarget(response) {
                redirect(&exchange, to: target, status: response.status)
                return
            }
            if RetryPolicy.isTransient(status: response.status) {
                var error = response.failure
                error.url = exchange.request.name
                let asked = retryDelay(response["Retry-After"], now: Platform.wallTime)
                retryOrFail(&exchange, error, asked: asked, tries: policy.tries)
            } else if let error = check(response) {
                retryOrFail(&exchange, error, asked: nil, tries: policy.tries)
            } else {
                budget.refill()
                exchange.result = .success(response)
            }
        }
    }

    private func redirectTarget(_ response: HTTPResponse) -> String? {
        [301, 302, 303, 307, 308].contains(response.status) ? response.redirect : nil
    }

    private func redirect(_ exchange: inout Exchange, to target: String, status: Int) {
        exchange.redirects += 1
        // A redirect is a step of one try.
        exchange.tries -= 1
        guard exchange.redirects <= Self.redirectLimit else {
            exchange.result = .failure(
                KerchunkError(
                    .network, "the server redirects more than \(Self.redirectLimit) times",
                    url: exchange.request.name))
            return
        }
        let refusal = RedirectRules.refusal(
            from: exchange.url, to: target, carriesCredentials: carriesCredentials(exchange))
        if let refusal {
            exchange.result = .failure(refusal.at(exchange.request.name))
            return
        }
        if status == 303, exchange.method != "HEAD" { exchange.method = "GET" }
        exchange.url = target
    }

    private func retryOrFail(_ exchange: inout Exchange, _ error: KerchunkError, asked: Int64?, tries: Int) {
        func fail(_ reason: String) {
            var error = error
            error.message += reason
            exchange.result = .failure(error)
        }
        guard error.isTransient else { return fail("") }
        let count = exchange.tries
        guard count < tries else { return fail(count > 1 ? " (\(count) times)" : "") }
        let random = Double.random(in: 0..<1)
        guard let delay = policy.delay(before: count + 1, asked: asked, random: random) else {
            return fail("; it asks to wait \(asked ?? 0) seconds")
        }
        guard budget.take() else { return fail("; too many requests of this run have failed to try again") }
        access.traffic.add(retries: 1)
        // From the start: what a redirect gave may have run out.
        exchange.url = exchange.request.url
        exchange.method = exchange.request.method
        exchange.redirects = 0
        exchange.notBefore = Platform.monotonicTime + delay * 1_000_000
    }

    /// Ends what is under way, and waits for that: memory and connections are the engine's until then.
    private func abandon(_ attempts: [Attempt], _ engine: TransferEngine, _ bell: Platform.Bell) {
        for attempt in attempts { attempt.abandon() }
        engine.wake()
        for _ in 0..<20 where attempts.contains(where: { $0.outcome == nil }) {
            _ = bell.wait(past: .max - 1, milliseconds: 10)
        }
    }
}
