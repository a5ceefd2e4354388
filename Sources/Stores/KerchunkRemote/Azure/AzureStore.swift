// SPDX-License-Identifier: Apache-2.0
// Blobs of Azure, under `az://container/path` and `abfs://container@account.dfs.core.windows.net/path`.
// Spec: Azure Storage, "Blob Service REST API".

import KerchunkBytes
import KerchunkModel
public import KerchunkStorage

public enum AzureStore {
    public static let kind = StoreKind(
        schemes: ["az", "abfs", "abfss"], options: HTTPClient.optionNames + AzureSettings.optionNames
    ) { try store($0) }

    /// A store that can be written to, too.
    public static func store(_ access: StorageAccess) throws -> any WritableStore {
        BlobStore(settings: try AzureSettings(access.options), access: access)
    }
}

private struct BlobStore: WritableStore {
    let settings: AzureSettings
    let access: StorageAccess

    private func container(_ address: ObjectAddress) throws -> ObjectBucket {
        let place = try settings.place(of: address.bucket)
        let signer = AzureSigner(account: place.account, credentials: settings.credentials)
        return try ObjectBucket(url: place.url, signer: signer, access)
    }

    func open(_ url: String) throws -> any ByteSource {
        let address = try ObjectAddress(url)
        let container = try container(address)
        let request = container.request("GET", try address.objectKey(), name: url)
        return HTTPSource(url, request: request, client: container.client, access: access)
    }

    func list(prefix: String) throws -> [ObjectInfo] { try listing(prefix, isLevel: false).objects }

    func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String]) {
        let listing = try listing(prefix, isLevel: true)
        return (listing.objects, listing.folders)
    }

    private func listing(_ prefix: String, isLevel: Bool) throws -> ObjectListing {
        let address = try ObjectAddress(prefix)
        return try ObjectListing(address, inContainer: container(address), isLevel: isLevel)
    }

    func begin(_ url: String) throws -> any Upload {
        let address = try ObjectAddress(url)
        let dialect = BlockDialect(container: try container(address), key: try address.objectKey(), name: url)
        return PartedUpload(dialect, partSize: PartedUpload.smallestPart)
    }

    func remove(_ urls: [String]) throws {
        let addresses = try urls.map { try ObjectAddress($0) }
        for name in Set(addresses.map(\.bucket)).sorted() {
            let own = addresses.filter { $0.bucket == name }
            let container = try container(own[0])
            let requests = try own.map {
                container.request("DELETE", try $0.objectKey(), name: $0.prefix + $0.key)
            }
            for (request, result) in zip(requests, try container.client.send(requests)) {
                let response = try result.get()
                guard response.isSuccess || response.code == "BlobNotFound" else {
                    throw response.failure.at(request.name)
                }
            }
        }
    }
}

/// How blobs are written: whole, or as blocks that a list makes a blob of.
private struct BlockDialect: UploadDialect {
    let container: ObjectBucket
    let key: String
    let name: String

    var client: HTTPClient { container.client }

    func whole(_ body: Bytes) -> HTTPRequest {
        var request = container.request("PUT", key, body: body, name: name)
        request.setHeader("x-ms-blob-type", "BlockBlob")
        return request
    }

    /// Names the blocks of this upload, which nobody else's may be taken for.
    func begin() -> String { "\(Platform.processID)-\(Platform.monotonicTime)" }

    /// Names of all blocks of a blob have one length.
    private func block(_ number: Int, of upload: String) -> String {
        let digits = String(number)
        return base64(Bytes("\(upload)-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits))
    }

    func part(_ number: Int, of upload: String, _ body: Bytes) -> HTTPRequest {
        container.request(
            "PUT", key, query: [("blockid", block(number, of: upload)), ("comp", "block")], body: body,
            name: name)
    }

    func tag(of response: HTTPResponse, _ number: Int) -> String { String(number) }

    func complete(_ upload: String, _ tags: [String]) throws {
        let blocks = tags.compactMap { Int($0) }.map { "<Latest>\(block($0, of: upload))</Latest>" }
        let body = Bytes(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(blocks.joined())</BlockList>")
        var request = container.request("PUT", key, query: [("comp", "blocklist")], body: body, name: name)
        request.setHeader("Content-Type", "application/xml")
        request.setHeader("x-ms-blob-content-type", "application/octet-stream")
        let response = try client.send(request)
        guard response.isSuccess else { throw response.failure.at(name) }
    }

    /// Blocks that no list names are removed by the service after a week.
    func abort(_ upload: String) {}
}
