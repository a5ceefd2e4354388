// SPDX-License-Identifier: Apache-2.0
// Sets of Fixtures/references as we write them, for other readers: python/tests/oracles/test_json_references.py.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite(.enabled(if: Platform.environment("KERCHUNK_JSON_SAMPLES") != nil)) struct JSONSamples {
    @Test(arguments: ReferenceSetTests.names) func jsonSamplesForOtherReadersAreWritten(name: String) throws {
        let directory = Platform.environment("KERCHUNK_JSON_SAMPLES") ?? ""
        let loaded = try JSONReferenceReader().read(fixture("references/sets/\(name).json"))
        let variants: [(ending: String, usesTemplates: Bool, isPretty: Bool, compression: String?)] = [
            ("plain.json", false, false, nil), ("pretty.json", false, true, nil),
            ("templates.json", true, false, nil), ("packed.json.zst", false, false, "zstd"),
            ("packed.json.gz", true, false, "gzip"),
        ]
        for variant in variants {
            var options = JSONReferenceWriter.Options()
            options.usesTemplates = variant.usesTemplates
            options.isPretty = variant.isPretty
            options.compression = variant.compression
            let file = try AtomicFile("\(directory)/\(name).\(variant.ending)", overwrite: true)
            try JSONReferenceWriter(options: options, codecs: compressionCodecs).write(
                loaded.dataset, to: file)
            try file.commit()
        }
    }
}
