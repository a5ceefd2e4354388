// SPDX-License-Identifier: Apache-2.0
// Reference sets of files that were truncated when they were scanned.

import KerchunkModel
import KerchunkReferences

extension SourceTable {
    private static let shownTruncations = 3

    /// That files were truncated when they were scanned; nil where none was.
    var truncation: Issue? {
        var shown: [String] = []
        var count = 0
        forEachSource { source in
            guard let fullSize = source.stamp.fullSize else { return }
            count += 1
            if count > Self.shownTruncations { return }
            let size = source.stamp.size.map { "\($0) of " } ?? ""
            shown.append("\(shownURL(source.url)) (\(size)\(fullSize) bytes)")
        }
        guard count > 0 else { return nil }
        if count > shown.count { shown.append("and \(count - shown.count) more") }
        return Issue(
            object: "/",
            reason:
                "the data beyond the end of \(count == 1 ? "a truncated file" : "\(count) truncated files") are missing: \(shown.joined(separator: ", "))",
            remedy: "get the complete \(count == 1 ? "file" : "files") and scan again")
    }
}

extension Opened {
    /// The same, with an issue where its files were truncated; forms that keep issues have it.
    package func notingTruncation() -> Opened {
        guard form?.keepsIssues != true, let issue = dataset.sources.truncation else { return self }
        var noted = self
        noted.issues.append(issue)
        return noted
    }
}
