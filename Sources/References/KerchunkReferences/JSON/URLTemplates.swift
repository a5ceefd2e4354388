// SPDX-License-Identifier: Apache-2.0
// Short names for what many URLs start with, as the member "templates" has them.

import KerchunkBytes
import KerchunkModel

/// The folders of sources, each under a name that fsspec expands in its simple mode too.
struct URLTemplates {
    /// Folders and their names, those first that save most.
    private let folders: [(folder: String, name: String)]
    private let names: [ExactText: String]

    /// fsspec goes through all of them for each reference.
    private static let largestCount = 16
    /// A name in braces takes 6 bytes.
    private static let shortestFolder = 12

    static let none = URLTemplates(folders: [])

    private init(folders: [(folder: String, name: String)]) {
        self.folders = folders
        names = Dictionary(
            folders.map { (ExactText($0.folder), $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// Templates for `sources`; none where a URL has double braces itself, which readers would take for a template.
    init(_ sources: SourceTable) {
        var counts: [ExactText: Int] = [:]
        var hasBraces = false
        sources.forEachSource { source in
            if source.url.contains("{{") { hasBraces = true }
            if let folder = Self.folder(of: source.url) { counts[folder, default: 0] += 1 }
        }
        if hasBraces {
            self = .none
            return
        }
        func saving(_ entry: (key: ExactText, value: Int)) -> Int {
            entry.value * entry.key.text.utf8.count
        }
        let best = counts.sorted { (saving($0), $0.key) > (saving($1), $1.key) }.prefix(Self.largestCount)
        self.init(folders: best.enumerated().map { ($1.key.text, "u\($0)") })
    }

    var isEmpty: Bool { folders.isEmpty }
    var json: JSONObject { JSONObject(folders.map { ($0.name, .string($0.folder)) }) }

    /// What `url` starts with; nil where that is short, or braces forbid templates.
    private static func folder(of url: String) -> String? {
        guard let slash = url.lastIndex(of: "/"), !url.contains("{"), !url.contains("}") else { return nil }
        let folder = url[...slash]
        return folder.utf8.count >= shortestFolder ? String(folder) : nil
    }

    /// `url` as references write it.
    func shortened(_ url: String) -> String {
        guard !names.isEmpty, let folder = Self.folder(of: url), let name = names[folder] else { return url }
        return "{{\(name)}}" + url.dropFirst(folder.count)
    }
}
