// SPDX-License-Identifier: Apache-2.0
// Values of template expressions, which behave as Python's do.

import KerchunkBytes
import KerchunkModel

enum TemplateValue: Hashable {
    case integer(Int)
    case real(Double)
    case text(String)
    case list([TemplateValue])

    /// - Returns: nil for JSON values that expressions have no use for.
    init?(_ json: JSONValue) {
        switch json {
        case .string(let text): self = .text(text)
        case .number(.integer(let value)): self = .integer(Int(value))
        case .number(.real(let value)): self = .real(value)
        default: return nil
        }
    }

    /// As it stands in rendered text.
    var rendered: String {
        switch self {
        case .integer(let value): value.description
        case .real(let value):
            value.isNaN ? "nan" : value.isInfinite ? (value < 0 ? "-inf" : "inf") : value.description
        case .text(let text): text
        case .list: ""  // refused before
        }
    }

    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        default: nil
        }
    }

    /// - Returns: nil where Python, or we, have no such operation, or the result does not fit.
    static func combine(_ left: TemplateValue, _ symbol: String, _ right: TemplateValue) -> TemplateValue? {
        switch (symbol, left, right) {
        case ("~", _, _): return .text(left.rendered + right.rendered)
        case ("+", .text(let one), .text(let other)): return .text(one + other)
        case ("%", .text(let format), _): return percentFormatted(format, right).map { .text($0) }
        case (_, .integer(let one), .integer(let other)): return combine(one, symbol, other)
        default:
            guard let one = left.double, let other = right.double else { return nil }
            return combine(one, symbol, other)
        }
    }

    private static func combine(_ one: Int, _ symbol: String, _ other: Int) -> TemplateValue? {
        switch symbol {
        case "+": return whole(one.addingReportingOverflow(other))
        case "-": return whole(one.subtractingReportingOverflow(other))
        case "*": return whole(one.multipliedReportingOverflow(by: other))
        case "/": return other == 0 ? nil : .real(Double(one) / Double(other))
        case "//", "%":
            // Python rounds towards minus infinity.
            guard other != 0, !(one == .min && other == -1) else { return nil }
            let (quotient, rest) = one.quotientAndRemainder(dividingBy: other)
            let isBelow = rest != 0 && (rest < 0) != (other < 0)
            if symbol == "//" { return .integer(isBelow ? quotient - 1 : quotient) }
            return .integer(isBelow ? rest + other : rest)
        case "**": return power(one, other)
        default: return nil
        }
    }

    private static func whole(_ result: (partialValue: Int, overflow: Bool)) -> TemplateValue? {
        result.overflow ? nil : .integer(result.partialValue)
    }

    private static func power(_ base: Int, _ exponent: Int) -> TemplateValue? {
        guard (0...64).contains(exponent) else { return nil }
        var result = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            result = product
        }
        return .integer(result)
    }

    private static func combine(_ one: Double, _ symbol: String, _ other: Double) -> TemplateValue? {
        switch symbol {
        case "+": return .real(one + other)
        case "-": return .real(one - other)
        case "*": return .real(one * other)
        case "/": return other == 0 ? nil : .real(one / other)
        case "//": return other == 0 ? nil : .real((one / other).rounded(.down))
        case "%":
            guard other != 0 else { return nil }
            let rest = one.truncatingRemainder(dividingBy: other)
            return .real(rest != 0 && (rest < 0) != (other < 0) ? rest + other : rest)
        default: return nil
        }
    }
}
