// SPDX-License-Identifier: Apache-2.0
// One value of a coordinate: what inputs are put in order by.

import KerchunkBytes
public import KerchunkModel
public import KerchunkReading

/// A number or a text. Values of one coordinate are all of one kind.
public enum CoordinateKey: Hashable, Sendable, CustomStringConvertible {
    case integer(Int64)
    case real(Double)
    case text(String)

    public var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value): "\"\(value)\""
        }
    }

    /// The value as a number.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        case .text: nil
        }
    }

    /// Whether both are the same number, exactly, or the same text.
    func isSameValue(as other: CoordinateKey) -> Bool {
        switch (self, other) {
        case (.integer(let whole), .real(let real)), (.real(let real), .integer(let whole)):
            Int64(exactly: real) == whole
        default: self == other
        }
    }

    /// Whole numbers as such, so that the same numbers are equal.
    var canonical: CoordinateKey {
        if case .real(let real) = self, let whole = Int64(exactly: real) { return .integer(whole) }
        return self
    }

    /// Whether this has a place in an order: all values but NaN.
    var isOrdered: Bool {
        if case .real(let value) = self { return !value.isNaN }
        return true
    }
}

extension CoordinateKey: Comparable {
    public static func < (one: CoordinateKey, other: CoordinateKey) -> Bool {
        switch (one, other) {
        case (.integer(let one), .integer(let other)): one < other
        case (.real(let one), .real(let other)): one < other
        case (.text(let one), .text(let other)): one.precedesExactly(other)
        case (.text, _): false
        case (_, .text): true
        default: (one.double ?? 0) < (other.double ?? 0)
        }
    }

    public static func == (one: CoordinateKey, other: CoordinateKey) -> Bool {
        switch (one, other) {
        case (.integer(let one), .integer(let other)): one == other
        // A missing value is the same as another one; 0 is the same as -0.
        case (.real(let one), .real(let other)): one == other || (one.isNaN && other.isNaN)
        case (.text(let one), .text(let other)): one.isExactly(other)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .integer(let value): hasher.combine(value)
        case .real(let value): hasher.combine(value.isNaN ? .nan : value)
        case .text(let value): hasher.combine(ExactText(value))
        }
    }
}

/// Numbers that mean times.
public struct TimeUnits: Hashable, Sendable {
    public let units: String
    public let calendar: String?

    public init(units: String, calendar: String?) {
        self.units = units
        self.calendar = calendar
    }

    /// Those of a variable; nil where it has no units of time.
    init?(of array: VirtualArray) {
        guard let units = array.attributes["units"]?.string, CFTime.mayBeTime(units: units) else {
            return nil
        }
        self.init(units: units, calendar: array.attributes["calendar"]?.string)
    }

    /// Nil where the units are not those of a time, or are not understood.
    public var time: CFTime? { CFTime(units: units, calendar: calendar) }

    /// Whether both say the same, however they spell it.
    func means(_ other: TimeUnits) -> Bool {
        if units == other.units, CFTime.Calendar(name: calendar) == CFTime.Calendar(name: other.calendar) {
            return true
        }
        guard let time else { return false }
        return time == other.time
    }

    /// `"days since 2000-01-01" (standard)`.
    var text: String { "\"\(units)\" (\(calendar ?? "standard"))" }
}
