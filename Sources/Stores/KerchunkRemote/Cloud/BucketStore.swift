// SPDX-License-Identifier: Apache-2.0
// Objects in buckets, of all services that speak S3's language.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Objects under URLs `scheme://bucket/key`.
struct BucketStore: WritableStore {
    let service: any BucketService
    let access: StorageAccess
    /// Bytes that are sent in one request.
    var partSize = PartedUpload.smallestPart

    func open(_ url: String) throws -> any ByteSource {
        let address = try ObjectAddress(url)
        let bucket = try service.bucket(address.bucket, access)
        let query = address.version.map { [(name: "versionId", value: $0)] } ?? []
        let request = try bucket.request("GET", address.objectKey(), query: query, name: url)
        return HTTPSource(url, request: request, client: bucket.client, access: access)
    }

    func list(prefix: String) throws -> [ObjectInfo] { try listing(prefix, isLevel: false).objects }

    func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String]) {
        let listing = try listing(prefix, isLevel: true)
        return (listing.objects, listing.folders)
    }

    private func listing(_ prefix: String, isLevel: Bool) throws -> ObjectListing {
        let address = try ObjectAddress(prefix)
        return try ObjectListing(address, in: service.bucket(address.bucket, access), isLevel: isLevel)
    }

    func begin(_ url: String) throws -> any Upload {
        let address = try ObjectAddress(url)
        let bucket = try service.bucket(address.bucket, access)
        let dialect = MultipartDialect(bucket: bucket, key: try address.objectKey(), name: url)
        return PartedUpload(dialect, partSize: partSize)
    }

    func remove(_ urls: [String]) throws {
        let addresses = try urls.map { try ObjectAddress($0) }
        for name in Set(addresses.map(\.bucket)).sorted() {
            let bucket = try service.bucket(name, access)
            let requests = try addresses.filter { $0.bucket == name }.map { address in
                try bucket.request("DELETE", address.objectKey(), name: address.prefix + address.key)
            }
            for (request, result) in zip(requests, try bucket.client.send(requests)) {
                let response = try result.get()
                guard response.isSuccess || response.status == 404 && response.code != "NoSuchBucket" else {
                    throw response.failure.at(request.name)
                }
            }
        }
    }
}

extension KerchunkError {
    /// The same error at another place.
    func at(_ url: String) -> KerchunkError {
        var error = self
        error.url = url
        return error
    }
}
