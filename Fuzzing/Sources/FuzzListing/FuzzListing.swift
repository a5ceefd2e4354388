// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a cloud service answers with: a listing of a bucket or of a container, a failure, or an error; never a trap.

import Kerchunk

@testable import KerchunkRemote

/// What a page lists carries the names that were asked for, and is in memory no more than a few times what was sent.
private func check(_ page: ListingPage?, of count: Int) {
    guard let page else { return }
    let names = page.objects.map(\.key) + page.folders
    precondition(names.allSatisfy { $0.utf8.starts(with: "s3://bucket/".utf8) })
    precondition(names.reduce(0) { $0 + $1.utf8.count - 12 } <= 3 * count)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0, let address = try? ObjectAddress("s3://bucket/prefix") else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    let text = String(decoding: bytes.array, as: UTF8.self)
    if let document = try? XMLElement(parsing: bytes) {
        check(try? ListingPage(ofBucket: document, address), of: count)
        check(try? ListingPage(ofContainer: document, address), of: count)
        _ = document["UploadId"]?.text
        precondition((try? XMLElement(parsing: bytes)) == document)
    }
    for status in [200, 403] {
        let response = HTTPResponse(
            status: status, head: "HTTP/1.1 \(status) X\r\n" + text.prefix(2000), body: bytes, isCut: false,
            redirect: nil, url: "https://host/" + text.prefix(50))
        let error = response.failure
        precondition(error.message.utf8.count < 2000 && !error.message.utf8.contains(0))
        _ = response.code
        _ = response.element("Region")
    }
    _ = isoTime(text)
    _ = httpDate(text)
    return 0
}
