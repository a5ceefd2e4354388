// SPDX-License-Identifier: Apache-2.0
// JSON numbers, with Python's three words that JSON does not have.

/// A number as JSON text can carry it: integers stay exact to 64 bits.
public enum JSONNumber: Sendable {
    case integer(Int64)
    /// An integer above `Int64.max`.
    case unsigned(UInt64)
    /// NaN and the infinities are written as Python writes them: `NaN`, `Infinity`, `-Infinity`.
    case real(Double)
    /// The spelling of a number that fits neither, kept as it stands.
    case literal(String)

    public init(_ value: some BinaryInteger) {
        if let small = Int64(exactly: value) {
            self = .integer(small)
        } else if let large = UInt64(exactly: value) {
            self = .unsigned(large)
        } else {
            self = .literal(value.description)
        }
    }

    /// The JSON spelling; reals keep a decimal point or exponent, so that readers get a real back.
    public var text: String {
        switch self {
        case .integer(let value): return value.description
        case .unsigned(let value): return value.description
        case .literal(let text): return text
        case .real(let value):
            if value.isNaN { return "NaN" }
            if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
            return value.description
        }
    }

    public var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .real(let value): value
        case .literal(let text): Double(text) ?? .nan
        }
    }

    /// The value where it is a whole number of zero or more that fits.
    public var uint64: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        case .real(let value): UInt64(exactly: value)
        case .literal: nil
        }
    }
}

extension JSONNumber: Hashable {
    /// Equal as Python's floats are, but for NaN, which equals itself here.
    public static func == (one: JSONNumber, other: JSONNumber) -> Bool {
        switch (one, other) {
        case (.integer(let a), .integer(let b)): a == b
        case (.unsigned(let a), .unsigned(let b)): a == b
        case (.literal(let a), .literal(let b)): a == b
        case (.real(let a), .real(let b)): a == b || (a.isNaN && b.isNaN)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .integer(let value): hasher.combine(value)
        case .unsigned(let value): hasher.combine(value)
        case .literal(let text): hasher.combine(text)
        case .real(let value): hasher.combine(value.isNaN ? Double.nan.bitPattern : (value + 0).bitPattern)
        }
    }
}
