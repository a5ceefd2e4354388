// SPDX-License-Identifier: Apache-2.0
// Any bytes as a JSON reference set: reading must end with references or an error, never with a trap; what was read
// must be written, and read back the same. The reader's hot loop looks only at members far from the end of the text, so
// each text is read with blanks behind it too, which must change nothing.

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

private func written(_ loaded: Opened, _ options: JSONReferenceWriter.Options) -> [UInt8]? {
    let kept = Kept()
    let writer = JSONReferenceWriter(options: options, codecs: BuiltinCodecs.directory)
    guard (try? writer.write(loaded.dataset, to: kept)) != nil else { return nil }
    return kept.text
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
    let loaded = try? reader.read(bytes)
    // Blanks behind a compressed text would be no part of it.
    let isPlain = bytes.array.first { $0 > 0x20 } == UInt8(ascii: "{")
    let padded = isPlain ? try? reader.read(Bytes(bytes.array + [UInt8](repeating: 0x20, count: 6000))) : nil
    if isPlain { precondition((loaded == nil) == (padded == nil), "blanks decide whether it is read") }
    guard let loaded else { return 0 }
    var options = JSONReferenceWriter.Options()
    options.usesTemplates = count % 3 == 0
    options.isPretty = count % 5 == 0
    options.zarrFormat = count % 7 == 0 ? 3 : 2
    guard let text = written(loaded, options) else { return 0 }
    if let padded {
        precondition(padded.issues == loaded.issues, "blanks change the issues")
        precondition(written(padded, options) == text, "blanks change what is read")
    }
    guard let again = try? reader.read(Bytes(text)) else { fatalError("what was written is not read") }
    precondition(again.issues.isEmpty, "what was written has issues")
    return 0
}
