// SPDX-License-Identifier: Apache-2.0
// Credentials for the requests to one bucket, and what S3's refusals ask for: another region, time or key.
// Spec: Amazon S3 API Reference, "Error responses"; User Guide, "Request redirection".

import KerchunkModel

struct S3Signer: RequestSigner {
    private let session: S3Session
    private let bucket: String
    /// URL of the bucket in the region where it was looked for first.
    private let home: String

    init(_ session: S3Session, _ bucket: String, _ home: String) {
        self.session = session
        self.bucket = bucket
        self.home = home
    }

    func sign(_ request: inout HTTPRequest) throws {
        let region = session.region(of: bucket)
        if region != session.homeRegion {
            request.url =
                try session.settings.url(of: bucket, region: region) + request.url.dropFirst(home.count)
        }
        if session.settings.paysForRequests { request.setHeader("x-amz-request-payer", "requester") }
        guard let keys = try session.credentials.current() else {
            guard session.settings.mayBeAnonymous else {
                throw KerchunkError(.permission, "no credentials were found: \(Self.ways)", url: request.name)
            }
            return
        }
        AWS4Signature(keys: keys, region: region).sign(&request, at: session.time)
    }

    private static let ways =
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile (--profile), or --storage-option key=… and secret=… give them; "
        + "--anon uses none"

    func judge(_ response: HTTPResponse, to request: HTTPRequest) -> AnswerVerdict {
        guard response.status >= 300 else { return .taken }
        if [301, 307, 400, 403].contains(response.status), let region = region(in: response),
            session.learn(region, of: bucket)
        {
            return .again(request)
        }
        switch (response.status, response.code) {
        case (400, "RequestTimeout"?):
            var error = response.failure
            error.isTransient = true
            return .failed(error)
        case (403, "RequestTimeTooSkewed"?):
            if let time = response["Date"].flatMap(httpDate), session.setClock(to: time) {
                return .again(request)
            }
            return .failed(failure(response, "; the clock of this machine is wrong"))
        case (400, "ExpiredToken"?), (400, "TokenRefreshRequired"?), (403, "ExpiredToken"?):
            if let keys = try? session.credentials.current(), session.credentials.renew(keys) {
                return .again(request)
            }
            return .failed(failure(response, "; the session token has expired: get new credentials"))
        case (301, _):
            return .failed(
                failure(response, "; the bucket is in another region: give it with --storage-option region=…")
            )
        case (401, _), (403, _): return .failed(failure(response, advice(response.code)))
        default: return .taken
        }
    }

    /// Where an answer says that the bucket lies.
    private func region(in response: HTTPResponse) -> String? {
        if let name = response["x-amz-bucket-region"] { return name }
        if response.code == "AuthorizationHeaderMalformed" { return response.element("Region") }
        guard session.settings.endpoint == nil, let target = response.redirect else { return nil }
        // `bucket.s3.REGION.amazonaws.com`, or `s3-REGION`.
        let labels = URLText.origin(target).split(separator: ".")
        guard
            let place = labels.lastIndex(where: { $0 == "s3" || $0.hasSuffix("//s3") || $0.hasPrefix("s3-") })
        else {
            return nil
        }
        if labels[place].hasPrefix("s3-") { return String(labels[place].dropFirst(3)) }
        let next = labels.index(after: place)
        return next < labels.count && labels[next] != "amazonaws" ? String(labels[next]) : nil
    }

    private func failure(_ response: HTTPResponse, _ advice: String) -> KerchunkError {
        var error = response.failure
        if response.status == 400 { error.kind = .permission }
        error.message += advice
        return error
    }

    /// What may help who is refused.
    private func advice(_ code: String?) -> String {
        if session.settings.credentials == .anonymous {
            return "; the request was anonymous, as requested (--anon)"
        }
        guard let keys = try? session.credentials.current(), !keys.id.isEmpty else {
            return "; no credentials were found, so the request was anonymous: \(Self.ways)"
        }
        let origin = "; the credentials were those of \(session.settings.credentials.origin)"
        return code == nil || code == "AccessDenied"
            ? origin + ": --anon uses no credentials, --requester-pays pays for requests" : origin
    }
}
