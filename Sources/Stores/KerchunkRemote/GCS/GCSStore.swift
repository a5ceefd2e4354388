// SPDX-License-Identifier: Apache-2.0
// Objects of Google Cloud Storage, under `gs://bucket/key`, by the interface that speaks S3's language.
// Spec: Cloud Storage, "XML API overview", "Requester Pays", "Transcoding of gzip-compressed files".

import KerchunkModel
public import KerchunkStorage

public enum GCSStore {
    public static let kind = StoreKind(
        schemes: ["gs", "gcs"], options: HTTPClient.optionNames + GCSSettings.optionNames
    ) { try store($0) }

    /// A store that can be written to, too.
    public static func store(_ access: StorageAccess) throws -> any WritableStore {
        BucketStore(service: GCSService(settings: try GCSSettings(access.options)), access: access)
    }
}

private struct GCSService: BucketService {
    let settings: GCSSettings

    func bucket(_ name: String, _ access: StorageAccess) throws -> ObjectBucket {
        guard name.utf8.allSatisfy({ $0.isLetterOrDigit || "-._".utf8.contains($0) }) else {
            throw KerchunkError(.usage, "\"\(name)\" is not a valid name of a bucket")
        }
        return try ObjectBucket(
            url: settings.endpoint + "/" + name, signer: GCSSigner(settings: settings), access)
    }
}

/// Credentials for requests to Cloud Storage.
struct GCSSigner: RequestSigner {
    let settings: GCSSettings

    func sign(_ request: inout HTTPRequest) throws {
        switch settings.credentials {
        case .anonymous:
            if let project = settings.project { request.setHeader("x-goog-user-project", project) }
        case .bearer(let token):
            if let project = settings.project { request.setHeader("x-goog-user-project", project) }
            request.setHeader("Authorization", "Bearer " + token)
        case .keys(let keys):
            // Headers of Google and of Amazon may not meet in one request.
            if let project = settings.project {
                request.url += (request.url.contains("?") ? "&" : "?") + queryText([("userProject", project)])
            }
            AWS4Signature(keys: keys, region: "auto").sign(&request, at: UTCTime(Platform.wallTime))
        }
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) -> AnswerVerdict {
        if response.isSuccess, let coding = response["x-goog-stored-content-encoding"], coding != "identity" {
            return .failed(
                KerchunkError(
                    .unsupported,
                    "the object is stored in the encoding \"\(coding)\", in which no chunk can be located"))
        }
        guard response.status == 401 || response.status == 403 else { return .taken }
        var error = response.failure
        switch settings.credentials {
        case .anonymous(asked: true): error.message += "; the request was anonymous, as requested"
        case .anonymous(asked: false):
            error.message +=
                "; no credentials were found, so the request was anonymous: "
                + "--storage-option token=\"$(gcloud auth print-access-token)\" gives some"
        case .bearer:
            error.message +=
                "; a token was sent; tokens expire after an hour: gcloud auth print-access-token makes another"
        case .keys: error.message += "; the request was signed with an HMAC key"
        }
        return .failed(error)
    }
}
