// SPDX-License-Identifier: Apache-2.0
// Any bytes as an HDF5 file: the scan must end with references or an error, never with a trap.

import Kerchunk

/// Takes what a writer gives it, and forgets it.
private final class Discard: Upload {
    func write(_ bytes: RawSpan) throws {}
    func commit() throws {}
    func abort() {}
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    // The length chooses the options, so that a crash file reproduces by itself.
    var options = ScanOptions()
    if count % 3 == 1 { options.codecs = .all }
    if count % 7 == 1 { options[HDF5Scanner.stringEncoding] = .encode }
    if count % 11 == 1 { options.maximumChunkSize = 64 }
    var session = Session()
    session.limits.structureSize = 16 << 20
    session.limits.decodedChunk = 16 << 20
    session.limits.embedded = 4 << 20
    guard
        let result = try? Kerchunk.scan(
            MemorySource(bytes, url: "/fuzz.h5"), options: options, session: session)
    else { return 0 }
    var writing = SavingOptions()
    if count % 5 == 1 { writing.zarrFormat = 3 }
    _ = try? Kerchunk.write(result.dataset, to: Discard(), named: "fuzz", options: writing)
    return 0
}
