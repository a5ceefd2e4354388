// SPDX-License-Identifier: Apache-2.0
// Any bytes as a dict of references that Python's `marshal` wrote: text comes out, or an error, never a trap; and text that came
// out whole is a reference set or an error.

import Kerchunk

@testable import KerchunkReferences

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    let reading = MarshalledText(bytes, cancellation: Cancellation())
    var text: [UInt8] = []
    do {
        while true {
            let piece = try reading.next()
            if piece.isEmpty { break }
            text += piece.array
            if text.count > 4 << 20 { return 0 }
        }
    } catch {
        return 0
    }
    precondition((try? JSONScanner.parse(Bytes(text))) != nil, "the text is no JSON")
    // What a small text generates can be much, and is FuzzJSON's.
    var limits = ReferenceLimits()
    limits.generatedCount = 1 << 12
    _ = try? JSONReferenceReader(limits: limits).read(Bytes(text))
    return 0
}
