// SPDX-License-Identifier: Apache-2.0
// Patterns for whole paths of what is listed: members of archives, keys of objects.

/// A pattern whose `*`, `?` and `[…]` stay inside one component, and whose `**` stands for any number of components.
public struct PathPattern: Sendable {
    private let components: [String]

    public init(_ pattern: String) { components = Self.components(of: pattern) }

    /// The parts between slashes; empty ones and `.` mean nothing.
    private static func components(of path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init)
    }

    /// - Complexity: O(components of the path × components of the pattern).
    public func matches(_ path: String) -> Bool {
        let path = Self.components(of: path)
        // Whether the first n components of the path are matched by the components of the pattern so far.
        var reached = [true] + Array(repeating: false, count: path.count)
        for component in components {
            var next = Array(repeating: false, count: path.count + 1)
            if component == "**" {
                var isReached = false
                for n in 0...path.count {
                    isReached = isReached || reached[n]
                    next[n] = isReached
                }
            } else {
                for n in 0..<path.count where reached[n] && LocalStore.matches(path[n], component) {
                    next[n + 1] = true
                }
            }
            reached = next
        }
        return reached[path.count]
    }
}
