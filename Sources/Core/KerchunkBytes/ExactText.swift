// SPDX-License-Identifier: Apache-2.0
// Names, labels and URLs as files and Python compare them: by their bytes.
// Swift's strings are equal where Unicode calls them canonically equivalent, so that "é" in one scalar and in two are one key.

import Glibc

/// A text that is equal only to the same bytes; the key of dictionaries and sets of names that come from files.
package struct ExactText: Hashable, Sendable {
    package let text: String

    @inlinable package init(_ text: String) { self.text = text }

    package static func == (one: ExactText, other: ExactText) -> Bool { one.text.isExactly(other.text) }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 {
            // SAFETY: the bytes are read while they are borrowed.
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
    }
}

extension ExactText: Comparable, CustomStringConvertible {
    /// By code points, as Python does.
    package static func < (one: ExactText, other: ExactText) -> Bool { one.text.precedesExactly(other.text) }

    package var description: String { text }
}

extension String {
    /// Whether both are the same bytes.
    package func isExactly(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { own in
            // SAFETY: both have as many bytes as the first one.
            unsafe other.utf8.withContiguousStorageIfAvailable { other -> Bool in
                guard let start = unsafe own.baseAddress, let end = unsafe other.baseAddress else {
                    return true
                }
                return unsafe memcmp(start, end, own.count) == 0
            }
        }
        return isSame.flatMap { $0 } ?? utf8.elementsEqual(other.utf8)
    }

    /// Whether it comes first by code points, which is the order of the bytes.
    package func precedesExactly(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}

extension Sequence<String> {
    /// Whether one of them is the bytes of `text`.
    package func containsExactly(_ text: String) -> Bool { contains { $0.isExactly(text) } }

    /// Whether both are the same bytes, element by element.
    package func isExactly(_ other: some Sequence<String>) -> Bool {
        elementsEqual(other) { $0.isExactly($1) }
    }
}

extension Collection<String> {
    /// Where the bytes of `text` are first.
    package func firstExactIndex(of text: String) -> Index? { firstIndex { $0.isExactly(text) } }
}

extension [String]? {
    /// Whether both are nil, or the same bytes element by element.
    package func isExactly(_ other: [String]?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let own?, let other?): own.isExactly(other)
        default: false
        }
    }
}

extension Dictionary where Key == ExactText {
    package subscript(_ text: String) -> Value? {
        get { self[ExactText(text)] }
        _modify { yield &self[ExactText(text)] }
    }

    package subscript(_ text: String, default value: @autoclosure () -> Value) -> Value {
        get { self[ExactText(text), default: value()] }
        _modify { yield &self[ExactText(text), default: value()] }
    }
}

extension Set<ExactText> {
    package init(exactly texts: some Sequence<String>) { self.init(texts.lazy.map { ExactText($0) }) }

    package func contains(_ text: String) -> Bool { contains(ExactText(text)) }

    @discardableResult
    package mutating func insert(_ text: String) -> (inserted: Bool, memberAfterInsert: ExactText) {
        insert(ExactText(text))
    }
}
