// SPDX-License-Identifier: Apache-2.0
// Which hosts a user's .netrc names. libcurl takes the passwords from it.
// Spec: netrc(5); https://everything.curl.dev/usingcurl/netrc.html.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

enum Netrc {
    /// Whether there is an entry for `host` itself; that for all others (`default`) is none.
    static func names(_ host: String) -> Bool { entries.contains(host.lowercased()) }

    /// Whether there is an entry that serves for `host`, be it that for all others.
    static func hasLogin(for host: String) -> Bool { names(host) || entries.contains(others) }

    /// Stands for all hosts that have no entry; no host is called so.
    private static let others = "*"

    private static var entries: Set<String> {
        let home = Platform.environment("HOME").map { $0 + "/.netrc" }
        guard let path = Platform.environment("NETRC") ?? home,
            let status = Platform.statusIfAny(path), status.isRegular, status.size <= 1 << 20,
            let bytes = try? Platform.readToEnd(path)
        else { return [] }
        return machines(in: String(decoding: bytes, as: UTF8.self))
    }

    /// Hosts that `text` has entries for, in lower case; `*` where it has one for all others.
    static func machines(in text: String) -> Set<String> {
        var machines: Set<String> = []
        var isMacro = false
        var expects: Expectation = .keyword
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            // The text of a macro ends at an empty line.
            if isMacro {
                isMacro = !line.allSatisfy(\.isWhitespace)
                continue
            }
            for word in words(of: line) {
                switch expects {
                case .value: expects = .keyword
                case .machine:
                    machines.insert(word.lowercased())
                    expects = .keyword
                case .keyword:
                    switch word.lowercased() {
                    case "machine": expects = .machine
                    case "default": machines.insert(others)
                    case "login", "password", "account": expects = .value
                    case "macdef":
                        isMacro = true
                        expects = .value
                    default: break
                    }
                }
            }
        }
        return machines
    }

    private enum Expectation { case keyword, machine, value }

    /// Words between blanks, or between quotation marks; what follows a `#` at the start of one is a comment.
    private static func words(of line: Substring) -> [String] {
        var words: [String] = []
        var rest = line.drop(while: \.isWhitespace)
        while let first = rest.first, first != "#" {
            var word = ""
            if first == "\"" {
                rest = rest.dropFirst()
                while let character = rest.popFirst(), character != "\"" {
                    word.append(character == "\\" ? rest.popFirst() ?? character : character)
                }
            } else {
                word = String(rest.prefix { !$0.isWhitespace })
                rest = rest.dropFirst(word.count)
            }
            words.append(word)
            rest = rest.drop(while: \.isWhitespace)
        }
        return words
    }
}
