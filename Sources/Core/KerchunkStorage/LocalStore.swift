// SPDX-License-Identifier: Apache-2.0
// Directories of this machine, and file name patterns.

public import KerchunkModel

public enum LocalStore {
    /// The files that `pattern` names, sorted: `*`, `?`, `[…]` inside a path component, `**` for any directories.
    /// - Parameter skip: gets what could not be looked at: folders that may not be listed, links that lead nowhere.
    public static func glob(
        _ pattern: String, skip: (Issue) -> Void = { _ in }
    ) throws(KerchunkError) -> [String] {
        var told: Set<String> = []
        func tell(_ issue: Issue) { if told.insert(issue.object).inserted { skip(issue) } }
        return try glob(pattern, telling: tell)
    }

    private static func glob(
        _ pattern: String, telling skip: (Issue) -> Void
    ) throws(KerchunkError) -> [String] {
        let components = pattern.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        var paths = [pattern.hasPrefix("/") ? "/" : ""]
        for (index, component) in components.enumerated() {
            let isLast = index == components.count - 1
            var next: [String] = []
            for path in paths {
                if component == "**" {
                    next += [path] + (try directories(below: path, skip))
                } else if isPattern(component) {
                    for name in names(in: path, skip)
                    where matches(name, component) && (!name.hasPrefix(".") || component.hasPrefix(".")) {
                        let full = join(path, name)
                        guard let status = status(full, skip) else { continue }
                        if isLast || status.isDirectory { next.append(full) }
                    }
                } else {
                    let full = join(path, component)
                    do throws(KerchunkError) {
                        _ = try Platform.status(full)
                        next.append(full)
                    } catch {
                        if error.kind != .notFound { skip(error.skipped(full)) }
                    }
                }
            }
            paths = next
        }
        return paths.filter { Platform.statusIfAny($0)?.isRegular == true }.sorted()
    }

    public static func isPattern(_ text: String) -> Bool { text.contains { "*?[".contains($0) } }

    private static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : path.hasSuffix("/") ? path + name : path + "/" + name
    }

    /// The names in a folder; none where it may not be listed, or is none.
    private static func names(in path: String, _ skip: (Issue) -> Void) -> [String] {
        do throws(KerchunkError) {
            return try Platform.list(path.isEmpty ? "." : path)
        } catch {
            if error.kind != .notFound { skip(error.skipped(path)) }
            return []
        }
    }

    /// The state of what a folder lists; nil where it cannot be reached.
    private static func status(_ path: String, _ skip: (Issue) -> Void) -> Platform.FileStatus? {
        do throws(KerchunkError) {
            return try Platform.status(path)
        } catch {
            skip(error.skipped(path))
            return nil
        }
    }

    private static func directories(
        below path: String, _ skip: (Issue) -> Void
    ) throws(KerchunkError) -> [String] {
        var found: [String] = []
        for name in names(in: path, skip) where !name.hasPrefix(".") {
            let full = join(path, name)
            // A link to a directory is not followed: it may lead back.
            guard Platform.statusIfAny(full)?.isDirectory == true,
                Platform.realPath(full)
                    == Platform.realPath(path.isEmpty ? "." : path).map({ join($0, name) })
            else { continue }
            found.append(full)
            found += try directories(below: full, skip)
        }
        return found
    }

    /// Whether `name` matches the shell pattern of one path component.
    public static func matches(_ name: String, _ pattern: String) -> Bool {
        matches(Scalars(name.unicodeScalars), Scalars(pattern.unicodeScalars))
    }

    /// What is compared, as in Python: characters are equal where Unicode writes one in two ways, names of files are not.
    private typealias Scalars = ArraySlice<Unicode.Scalar>

    private static func matches(_ name: Scalars, _ pattern: Scalars) -> Bool {
        var name = name
        var pattern = pattern
        // Where to go on when a later character does not match: behind the last star, one character further on.
        var retry: (name: Scalars, pattern: Scalars)?
        while true {
            if let symbol = pattern.first {
                if symbol == "*" {
                    pattern = pattern.dropFirst()
                    retry = (name, pattern)
                    continue
                }
                if let character = name.first, let rest = match(character, pattern) {
                    name = name.dropFirst()
                    pattern = rest
                    continue
                }
            } else if name.isEmpty {
                return true
            }
            guard let last = retry, !last.name.isEmpty else { return false }
            name = last.name.dropFirst()
            pattern = last.pattern
            retry = (name, pattern)
        }
    }

    /// What is left of `pattern` when its first symbol matches `character`; nil where it does not.
    private static func match(_ character: Unicode.Scalar, _ pattern: Scalars) -> Scalars? {
        guard let symbol = pattern.first else { return nil }
        if symbol == "?" { return pattern.dropFirst() }
        guard symbol == "[", let close = pattern.dropFirst(2).firstIndex(of: "]") else {
            return symbol == character ? pattern.dropFirst() : nil
        }
        var set = pattern[(pattern.startIndex + 1)..<close]
        let isNegated = set.first == "!" || set.first == "^"
        if isNegated { set = set.dropFirst() }
        var isMember = false
        while let low = set.first {
            if set.count >= 3, set[set.startIndex + 1] == "-" {
                let high = set[set.startIndex + 2]
                if low <= character && character <= high { isMember = true }
                set = set.dropFirst(3)
            } else {
                if low == character { isMember = true }
                set = set.dropFirst()
            }
        }
        return isMember != isNegated ? pattern[(close + 1)...] : nil
    }
}

extension KerchunkError {
    /// What a pattern passes over.
    fileprivate func skipped(_ path: String) -> Issue {
        let what = kind == .notFound ? "broken link" : message
        return Issue(object: path, reason: "skipped by the pattern: \(what)")
    }
}
