// SPDX-License-Identifier: Apache-2.0
// The member "templates" of a reference set: names for what URLs have in common.
// Spec: kerchunk, "References specification", version 1.

import KerchunkBytes
import KerchunkModel

struct ReferenceTemplates {
    /// Those without expressions of their own.
    private(set) var plain: [ExactText: TemplateValue] = [:]
    /// Those that are used like functions: `{{f(c='x')}}`.
    private var functions: [ExactText: Template] = [:]

    var isEmpty: Bool { plain.isEmpty && functions.isEmpty }

    init() {}

    init(_ json: JSONValue) throws(KerchunkError) {
        if json.isNull { return }
        guard let members = json.object else {
            throw KerchunkError(.malformed, "the \"templates\" of the reference set are not an object")
        }
        for (name, value) in members {
            guard let text = value.string else {
                throw KerchunkError(
                    .malformed, "the template \"\(name)\" of the reference set is not a string")
            }
            if text.contains("{{") { functions[name] = try Template(text) } else { plain[name] = .text(text) }
        }
    }

    func hasArguments(_ name: String) -> Bool { functions[name] != nil }
    func contains(_ name: String) -> Bool { plain[name] != nil || hasArguments(name) }

    /// Such a template sees its arguments only, so that none can use itself.
    func rendered(_ name: String, _ arguments: [ExactText: TemplateValue]) throws(KerchunkError) -> String {
        guard let template = functions[name] else { return "" }
        return try template.rendered(arguments)
    }

    /// `url` with its templates expanded; URLs without double braces are what they are.
    func expanding(_ url: String) throws(KerchunkError) -> String {
        guard !isEmpty, url.contains("{{") else { return url }
        return try Template(url).rendered([:], self)
    }
}
