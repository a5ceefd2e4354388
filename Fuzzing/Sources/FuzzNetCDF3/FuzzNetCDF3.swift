// SPDX-License-Identifier: Apache-2.0
// Any bytes as a netCDF-3 file: the scan must end with references inside the file or an error, never with a trap.

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
    if count % 3 == 1 { options.inlineThreshold = 0 }
    if count % 7 == 1 { options.maximumChunkSize = UInt64(count % 64) }
    var session = Session()
    session.formats = BuiltinFormats.all.filter { type(of: $0).formatName == "netCDF-3" }
    session.limits.structureSize = 16 << 20
    guard
        let result = try? Kerchunk.scan(
            MemorySource(bytes, url: "/fuzz.nc"), options: options, session: session)
    else { return 0 }
    result.dataset.root.forEachArray { path, array in
        guard let manifest = array.chunks as? MemoryManifest else { return }
        manifest.manifest.forEachPresent { _, location in
            if case .range(_, let range) = location {
                precondition(range.end <= UInt64(count), "\(path) lies outside the file")
            }
        }
    }
    var writing = SavingOptions()
    if count % 5 == 1 { writing.zarrFormat = 3 }
    _ = try? Kerchunk.write(result.dataset, to: Discard(), named: "fuzz", options: writing)
    return 0
}
