// SPDX-License-Identifier: Apache-2.0
// Errors, issues and notes for programs. Spec: docs/command-line.md, "The report".

package import KerchunkBytes
package import KerchunkModel

extension Issue {
    package var json: JSONValue {
        var json: JSONObject = [
            "object": .string(object), "reason": .string(withoutSecrets(reason)),
            "remedy": remedy.map { .string(withoutSecrets($0)) } ?? .null,
        ]
        if isDamage { json["damage"] = true }
        return .object(json)
    }
}

extension Note {
    package var json: JSONValue {
        [
            "text": .string(withoutSecrets(text)),
            "remedy": remedy.map { .string(withoutSecrets($0)) } ?? .null,
        ]
    }
}

extension KerchunkError {
    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "message": .string(withoutSecrets(SystemText.shown(message))),
            "url": url.map { .string(shownURL($0)) } ?? .null,
            "object": object.map { .string($0) } ?? .null, "offset": offset.map { .integer($0) } ?? .null,
        ]
    }
}
