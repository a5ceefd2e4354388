// SPDX-License-Identifier: Apache-2.0
// Any bytes as a JSON reference set: reading must end with references or an error, never with a trap; what was read
// must be written, and read back the same.

import Kerchunk

/// Keeps what a writer gives it.
private final class Kept: Upload {
    var text: [UInt8] = []
    func write(_ bytes: RawSpan) throws {
        bytes.withUnsafeBytes { text.append(contentsOf: $0) }
    }
    func commit() throws {}
    func abort() {}
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    var limits = ReferenceLimits()
    limits.memberSize = 4 << 20
    limits.inlineSize = 8 << 20
    limits.generatedCount = 1 << 12
    // The length chooses the options, so that a crash file reproduces by itself.
    let reader = JSONReferenceReader(
        target: count % 2 == 0 ? "/target" : nil, codecs: BuiltinCodecs.directory, limits: limits)
    guard let loaded = try? reader.read(bytes) else { return 0 }
    var options = JSONReferenceWriter.Options()
    options.usesTemplates = count % 3 == 0
    options.isPretty = count % 5 == 0
    let kept = Kept()
    guard (try? Kerchunk.write(loaded.dataset, asJSONTo: kept, named: "fuzz", options: options)) != nil else {
        return 0
    }
    guard let again = try? reader.read(Bytes(kept.text)) else { fatalError("what was written is not read") }
    precondition(again.issues.isEmpty, "what was written has issues")
    return 0
}
