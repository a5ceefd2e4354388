// SPDX-License-Identifier: Apache-2.0
// Any bytes as a TAR archive: members or an error, never a trap, and none that lies outside.
//
// Checksums would keep nearly all mutations out, so all blocks that could be headers get right ones, too.

import FuzzArchive
import Kerchunk

private func withRightChecksums(_ bytes: Bytes) -> Bytes {
    var text = bytes.array
    for start in stride(from: 0, to: text.count - 511, by: 512) where text[start] != 0 {
        for position in 148..<156 { text[start + position] = 0x20 }
        let sum = String(text[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
        text.replaceSubrange(start + 148..<start + 148 + sum.utf8.count, with: Array(sum.utf8))
    }
    return Bytes(text)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    goThrough(bytes, as: .tar)
    goThrough(withRightChecksums(bytes), as: .tar)
    return 0
}
