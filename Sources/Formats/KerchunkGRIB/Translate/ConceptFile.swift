// SPDX-License-Identifier: Apache-2.0
// Concept files of a user, as ecCodes reads them: `'value' = {key = number; key = missing(); key = {1, 2};}`.

import KerchunkBytes

/// The rows of a file.
struct ConceptFile: Sendable {
    enum Wanted: Hashable, Sendable {
        case number(Int)
        case text(String)
        case list([Int])
    }

    struct Condition: Hashable, Sendable {
        /// Nil where no message here has the key: the row never fits.
        let key: GRIBKey?
        let wanted: Wanted
    }

    struct Row: Hashable, Sendable {
        let value: String
        let conditions: [Condition]
    }

    let rows: [Row]

    /// Bytes of a file that is read; ecCodes' largest has 0.8 MB.
    static let largestSize = 16 << 20
    /// Conditions of one row.
    private static let largestRow = 64

    /// - Throws: where the text is not of this form, or has more than anybody writes.
    init(parsing text: Bytes) throws(ParseError) {
        guard text.count <= Self.largestSize else {
            throw ParseError(
                "\(text.count) bytes, at most \(Self.largestSize) are read", in: "GRIB concept file", at: 0)
        }
        var scanner = Scanner(bytes: text.array)
        var rows: [Row] = []
        while try !scanner.isAtEnd() {
            let value = try scanner.value()
            try scanner.expect("=")
            try scanner.expect("{")
            var conditions: [Condition] = []
            while try !scanner.take("}") {
                guard conditions.count < Self.largestRow else {
                    throw scanner.error("more than \(Self.largestRow) conditions of one value")
                }
                let key = try scanner.word()
                try scanner.expect("=")
                conditions.append(Condition(key: GRIBKey(conceptName: key), wanted: try scanner.wanted()))
                _ = try scanner.take(";")
            }
            rows.append(Row(value: value, conditions: conditions))
        }
        self.rows = rows
    }

    /// Goes through the text.
    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        func error(_ problem: String) -> ParseError {
            ParseError(problem, in: "GRIB concept file", at: UInt64(position))
        }

        /// Passes over white space and comments.
        private mutating func skipSpace() {
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: " "), 9, 10, 13: position += 1
                case UInt8(ascii: "#"): while position < bytes.count, bytes[position] != 10 { position += 1 }
                default: return
                }
            }
        }

        mutating func isAtEnd() throws(ParseError) -> Bool {
            skipSpace()
            return position == bytes.count
        }

        mutating func take(_ sign: Unicode.Scalar) throws(ParseError) -> Bool {
            skipSpace()
            guard position < bytes.count else { throw error("the file ends inside a value") }
            guard bytes[position] == UInt8(ascii: sign) else { return false }
            position += 1
            return true
        }

        mutating func expect(_ sign: Unicode.Scalar) throws(ParseError) {
            guard try take(sign) else { throw error("\"\(sign)\" is not there") }
        }

        private mutating func text(where belongs: (UInt8) -> Bool) -> String {
            let start = position
            while position < bytes.count, belongs(bytes[position]) { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        /// A name, a number, or text in quotation marks.
        mutating func value() throws(ParseError) -> String {
            for mark: Unicode.Scalar in ["'", "\""] where try take(mark) {
                let text = text { $0 != UInt8(ascii: mark) }
                try expect(mark)
                return text
            }
            return try word()
        }

        mutating func word() throws(ParseError) -> String {
            skipSpace()
            let found = text {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard !found.isEmpty else { throw error("a name or a number is not there") }
            return found
        }

        mutating func wanted() throws(ParseError) -> Wanted {
            for (open, close): (Unicode.Scalar, Unicode.Scalar) in [("{", "}"), ("[", "]")]
            where try take(open) {
                var numbers: [Int] = []
                while try !take(close) {
                    numbers.append(try number(try word()))
                    _ = try take(",")
                }
                return .list(numbers)
            }
            skipSpace()
            if position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position]) {
                return .text(try value())
            }
            let found = try word()
            guard found == "missing" else { return .number(try number(found)) }
            try expect("(")
            try expect(")")
            return .number(CodedKeys.missing)
        }

        private func number(_ text: String) throws(ParseError) -> Int {
            guard let number = Int(text) else { throw error("\"\(text)\" is no number") }
            return number
        }
    }
}
