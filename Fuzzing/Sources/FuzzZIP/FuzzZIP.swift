// SPDX-License-Identifier: Apache-2.0
// Any bytes as a ZIP archive: members or an error, never a trap, and none that lies outside; and as a deflated member.

import FuzzArchive
import Kerchunk

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    goThrough(bytes, as: .zip)
    if let codec = try? BuiltinCodecs.directory.codec(CodecSpec("deflate")) {
        _ = try? codec.decode(bytes, limit: 1 << 20)
    }
    return 0
}
