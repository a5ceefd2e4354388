// SPDX-License-Identifier: Apache-2.0
// libcurl behind Swift's types.
// Spec: Sources/Stores/CCurl/include/kerchunk_curl.h

import CCurl
import Glibc
import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// A set of transfers. But for `wake`, it belongs to one thread.
// SAFETY: the engine calls everything but `wake` on its own thread, and libcurl allows to wake from any.
@safe struct Curl: @unchecked Sendable {
    private let curl: OpaquePointer

    /// A transfer that was started and not yet freed.
    @safe struct Transfer: Hashable {
        fileprivate let pointer: OpaquePointer

        static func == (one: Transfer, other: Transfer) -> Bool { unsafe one.pointer == other.pointer }
        func hash(into hasher: inout Hasher) { unsafe hasher.combine(pointer) }
    }

    /// To be called by one thread at a time.
    init() throws(KerchunkError) {
        // SAFETY: the text is a literal or static memory, and copied here.
        if let problem = unsafe kerchunk_curl_load() {
            throw KerchunkError(
                .unsupported,
                "files behind URLs are read with libcurl, which cannot be loaded (\(unsafe String(cString: problem))); "
                    + "install it: \"apt install libcurl4\", \"dnf install libcurl\", \"apk add libcurl\"")
        }
        let folder = Platform.environment("SSL_CERT_DIR")
        let netrc = Platform.environment("NETRC")
        guard let curl = unsafe kerchunk_curl_create(Self.certificates, folder, netrc) else {
            throw KerchunkError(.network, "libcurl cannot start: out of memory")
        }
        unsafe self.curl = curl
    }

    /// The file of trusted certificates; nil for the one that libcurl was built with.
    private static var certificates: String? {
        for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"] {
            if let path = Platform.environment(name), !path.isEmpty { return path }
        }
        let places = [
            "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/ca-bundle.pem",
            "/etc/ssl/cert.pem",
        ]
        return places.first(where: Platform.exists)
    }

    func start(_ request: HTTPRequest, _ terms: TransferTerms) -> Transfer? {
        var headers = ""
        for header in request.headers {
            // An empty value takes away what libcurl would send.
            headers += header.value.isEmpty ? "\(header.name):\n" : "\(header.name): \(header.value)\n"
        }
        let numbers = kerchunk_terms(
            part_limit: request.partLimit, whole_limit: request.wholeLimit,
            connect_timeout_ms: terms.connectTimeout, stall_timeout: terms.stallTimeout,
            slowest: terms.slowest,
            refuses_link_local: terms.refusesLinkLocal ? 1 : 0, uses_netrc: terms.usesNetrc ? 1 : 0,
            uses_cookies: terms.usesCookies ? 1 : 0, verifies_peer: terms.verifiesPeer ? 1 : 0,
            keeps_path: terms.keepsPath ? 1 : 0, has_body: request.body == nil ? 0 : 1)
        // SAFETY: the engine keeps the request, and so the memory of its body, until the transfer is freed.
        let address: UnsafeRawPointer? =
            if let body = request.body { unsafe body.withUnsafeBytes { $0.baseAddress } } else { nil }
        let transfer = unsafe kerchunk_curl_start(
            curl, request.url, request.method, headers, address, request.body?.count ?? 0, numbers)
        return unsafe transfer.map { unsafe Transfer(pointer: $0) }
    }

    func perform() { unsafe kerchunk_curl_perform(curl) }
    func wait(milliseconds: Int) { unsafe kerchunk_curl_wait(curl, Int32(milliseconds)) }
    func wake() { unsafe kerchunk_curl_wake(curl) }

    func nextEnded() -> Transfer? {
        unsafe kerchunk_curl_ended(curl).map { unsafe Transfer(pointer: $0) }
    }

    func outcome(of transfer: Transfer, _ request: HTTPRequest) -> Attempt.Outcome {
        // SAFETY: all pointers of the answer are valid until the transfer is freed, and are copied here; the memory of
        // the body is taken over and freed by the last window on it.
        let answer = unsafe kerchunk_transfer_answer(transfer.pointer)
        let code = unsafe answer.code
        let isCut = unsafe answer.is_cut != 0
        // Where we take no more of a body, that is no failure.
        if code != 0, !isCut {
            let problem = unsafe answer.problem.map { unsafe String(cString: $0) }
            return .failed(
                TransferFailure(
                    code: code, problem: without(request.secrets, problem ?? "error \(code)"),
                    isRefused: unsafe answer.is_refused != 0 && code == 7))
        }
        let head = unsafe String(
            decoding: UnsafeRawBufferPointer(start: answer.head, count: answer.head_size), as: UTF8.self)
        let redirect = unsafe answer.redirect.map { unsafe String(cString: $0) }
        let (status, count) = unsafe (answer.status, answer.body_size)
        var body = Bytes()
        if count > 0, let memory = unsafe kerchunk_transfer_take_body(transfer.pointer) {
            let owned = unsafe OwnedMemory(pointer: memory)
            body = unsafe Bytes(
                borrowing: UnsafeRawBufferPointer(start: memory, count: count),
                release: { unsafe Glibc.free(owned.pointer) })
        }
        return .answered(
            HTTPResponse(
                status: status, head: head, body: body, isCut: isCut, redirect: redirect, url: request.url,
                secrets: status == 206 ? [] : request.secrets))
    }

    /// Whether `host` is an address of a link, in any way of writing that libcurl reads.
    static func isLinkLocal(_ host: String) -> Bool { unsafe kerchunk_is_link_local(host) != 0 }

    func free(_ transfer: Transfer) { unsafe kerchunk_transfer_free(curl, transfer.pointer) }
}

// SAFETY: the memory has one owner, who only frees it.
@unsafe private struct OwnedMemory: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
}
