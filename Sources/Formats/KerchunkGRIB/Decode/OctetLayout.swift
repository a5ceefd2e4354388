// SPDX-License-Identifier: Apache-2.0
// Runs of numbers as tables: which octets have which key.

import KerchunkBytes
import KerchunkGRIBPacking

/// Octets of a section, and what they are.
struct Octets: Sendable {
    enum Form: Sendable {
        case unsigned, signed
        /// All ones: missing.
        case optional, signedOptional
        case ignored
    }

    let key: GRIBKey
    let width: Int
    let form: Form

    init(_ key: GRIBKey, _ width: Int, _ form: Form = .unsigned) {
        self.key = key
        self.width = width
        self.form = form
    }

    /// Octets that nothing asks for.
    static func skip(_ width: Int) -> Octets { Octets(.dummy, width, .ignored) }

    /// Reads one number.
    func read(_ cursor: inout ByteCursor) throws(ParseError) -> Int {
        switch form {
        case .unsigned: return try cursor.unsigned(width)
        case .signed: return try cursor.signed(width)
        case .optional, .signedOptional:
            let start = cursor.position
            let ones = width == 8 ? Int.max : (1 << (8 * width)) - 1
            let value = try cursor.unsigned(width)
            if value == ones { return CodedKeys.missing }
            guard form == .signedOptional else { return value }
            try cursor.seek(to: start)
            return try cursor.signed(width)
        case .ignored:
            try cursor.skip(width)
            return 0
        }
    }
}

extension CodedKeys {
    /// Reads `layout`, one number behind the other.
    mutating func read(_ layout: [Octets], _ cursor: inout ByteCursor) throws(ParseError) {
        for octets in layout {
            let value = try octets.read(&cursor)
            if octets.form != .ignored { self[octets.key] = value }
        }
    }

    /// Reads `count` entries of a list, each as `layout` says.
    mutating func readList(_ count: Int, _ layout: [Octets], _ cursor: inout ByteCursor) throws(ParseError) {
        let size = layout.reduce(0) { $0 + $1.width }
        guard count * size <= cursor.remaining else {
            throw cursor.error("a list of \(count) entries, \(cursor.remaining) bytes are left for it")
        }
        for _ in 0..<count {
            for octets in layout {
                let value = try octets.read(&cursor)
                if octets.form != .ignored { append(value, to: octets.key) }
            }
        }
    }
}
