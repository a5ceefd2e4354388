// SPDX-License-Identifier: Apache-2.0
// An output that is compressed on its way.

import KerchunkBytes
import KerchunkCodecs
import KerchunkStorage

/// Encodes what is written; `finish` must come before the output is committed.
// A class because outputs are: they end once.
final class CompressedOutput: Upload {
    private let output: any Upload
    private let encoder: any StreamEncoder

    init(_ output: any Upload, _ encoder: any StreamEncoder) {
        self.output = output
        self.encoder = encoder
    }

    func write(_ bytes: RawSpan) throws {
        try pass(on: try encoder.encode(bytes))
    }

    func finish() throws { try pass(on: try encoder.finish()) }

    private func pass(on stored: Bytes) throws {
        if stored.isEmpty { return }
        try output.write(stored.span)
    }

    func commit() throws { try output.commit() }
    func abort() { output.abort() }
}
