// SPDX-License-Identifier: Apache-2.0
// What verifying found, for programs. Spec: docs/command-line.md, "kerchunk verify".

package import KerchunkBytes
package import KerchunkModel
package import KerchunkReferences

extension ReferenceVerification {
    /// - Parameter issues: of the reference set itself.
    package func json(issues: [Issue]) -> JSONValue {
        func chunks(_ list: [BadChunk]) -> JSONValue {
            .array(
                list.map {
                    [
                        "key": .string($0.key), "url": $0.url.map { .string(shownURL($0)) } ?? .null,
                        "problem": .string(withoutSecrets($0.problem)),
                    ]
                })
        }
        return [
            "ok": .bool(isGood && issues.isEmpty), "references": .integer(references),
            "inline": .integer(inline),
            "sources": .array(
                sources.map { source in
                    [
                        "url": .string(shownURL(source.url)), "references": .integer(source.references),
                        "outside": .integer(source.outside), "recorded": .bool(source.wasRecorded),
                        "problem": source.problem.map { .string(withoutSecrets($0)) } ?? .null,
                    ]
                }),
            "read": .integer(readCount), "bad_chunks": chunks(badChunks), "unjudged": chunks(unjudged),
            "issues": .array(issues.map(\.json)),
        ]
    }
}
