// SPDX-License-Identifier: Apache-2.0
// The inputs that a user means.

import KerchunkArchives
import KerchunkBytes
package import KerchunkModel
import KerchunkStorage

/// Inputs as given: patterns are replaced by what they match; names of a list are taken literally.
package struct InputList {
    package let names: [String]
    /// Whether more than one could be meant.
    package let isSeveral: Bool
    /// What patterns passed over.
    package let issues: [Issue]

    /// The same with absolute paths, for what is used elsewhere.
    package var absoluteNames: [String] {
        func absolute(_ name: String) -> String {
            if case .local(let path) = Location(name) { absolutePath(path) } else { name }
        }
        return names.map { name in
            guard let chain = try? LocationChain(name) else { return absolute(name) }
            return LocationChain(outer: absolute(chain.outer), steps: chain.steps).text
        }
    }

    /// - Parameters:
    ///   - list: a file with one name a line; `-` is standard input.
    ///   - session: lists stores, and archives whose members are asked for.
    package init(
        _ inputs: [String], listedIn list: String? = nil, session: Session = Session()
    ) throws(KerchunkError) {
        var names: [String] = []
        var isSeveral = inputs.count > 1 || list != nil
        var issues: [Issue] = []
        for input in inputs {
            if let matches = try Kerchunk.locations(
                matching: input, session: session, skip: { issues.append($0) })
            {
                guard !matches.isEmpty else {
                    let skipped = issues.map { "\n  \($0.object): \($0.reason)" }.joined()
                    throw KerchunkError(.usage, "nothing matches the pattern \"\(input)\"" + skipped)
                }
                names += matches
                isSeveral = true
            } else {
                names.append(input)
            }
        }
        if let list {
            let text = list == "-" ? try Platform.readToEnd(nil) : try session.contents(of: list).array
            names += SystemText.string(text)
                .split(whereSeparator: \.isNewline).map(String.init)
        }
        self.names = Self.distinct(names)
        self.isSeveral = isSeveral
        self.issues = issues
        if self.names.isEmpty { throw KerchunkError(.usage, "no input was given") }
    }

    /// Each file once, as patterns may overlap.
    private static func distinct(_ names: [String]) -> [String] {
        var seen: Set<ExactText> = []
        return names.filter { seen.insert(identity(of: $0)).inserted }
    }

    /// What is the same for two names of one file.
    private static func identity(of name: String) -> String {
        guard let chain = try? LocationChain(name) else { return outerIdentity(of: name) }
        return LocationChain(outer: outerIdentity(of: chain.outer), steps: chain.steps).text
    }

    private static func outerIdentity(of name: String) -> String {
        Location.isRemote(name) ? name : absolutePath(name)
    }
}
