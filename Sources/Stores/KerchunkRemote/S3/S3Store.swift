// SPDX-License-Identifier: Apache-2.0
// Objects of S3, and of services that speak its language, under `s3://bucket/key`.

public import KerchunkStorage

public enum S3Store {
    public static let kind = StoreKind(
        schemes: ["s3", "s3a"], options: HTTPClient.optionNames + S3Settings.optionNames
    ) { try store($0) }

    /// A store that can be written to, too.
    public static func store(_ access: StorageAccess) throws -> any WritableStore {
        BucketStore(service: try S3Session.shared(access), access: access)
    }
}
