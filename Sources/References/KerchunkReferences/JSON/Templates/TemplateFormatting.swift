// SPDX-License-Identifier: Apache-2.0
// Values as text of a given form: Python's `'%02d' % i` and `'{:02d}'.format(i)`, for whole numbers and text.

import KerchunkBytes
import KerchunkModel

/// How one value is laid out.
private struct TemplateField {
    var isLeft = false
    var hasZeros = false
    var showsPlus = false
    var width = 0
    /// `d`, `s`, `x` or `X`; nil where the value decides.
    var conversion: Character?

    private static let largestWidth = 256

    /// Reads flags and width.
    mutating func readWidth(_ rest: inout Substring) -> Bool {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        guard !digits.isEmpty else { return true }
        guard digits.count <= 4, let width = Int(digits), width <= Self.largestWidth else { return false }
        self.width = width
        return true
    }

    func text(_ value: TemplateValue) -> String? {
        var body: String
        var sign = ""
        switch (value, conversion) {
        case (.integer(let number), "d"), (.integer(let number), nil):
            body = number.magnitude.description
            sign = number < 0 ? "-" : showsPlus ? "+" : ""
        case (.integer(let number), "x"), (.integer(let number), "X"):
            body = String(number.magnitude, radix: 16, uppercase: conversion == "X")
            sign = number < 0 ? "-" : showsPlus ? "+" : ""
        case (.text, "s"), (.text, nil), (.integer, "s"), (.real, "s"):
            body = value.rendered
        default: return nil
        }
        let count = width - body.count - sign.count
        guard count > 0 else { return sign + body }
        let isNumber = conversion != "s" && { if case .integer = value { true } else { false } }()
        if isLeft { return sign + body + String(repeating: " ", count: count) }
        if hasZeros, isNumber { return sign + String(repeating: "0", count: count) + body }
        return String(repeating: " ", count: count) + sign + body
    }
}

/// Python's `format % values`.
/// - Returns: nil for conversions other than d, i, u, s, x, and for values that do not fit them.
func percentFormatted(_ format: String, _ values: TemplateValue) -> String? {
    var left: [TemplateValue] = if case .list(let list) = values { list } else { [values] }
    var rest = format[...]
    var text = ""
    while let character = rest.popFirst() {
        guard character == "%" else {
            text.append(character)
            continue
        }
        if rest.first == "%" {
            rest.removeFirst()
            text.append("%")
            continue
        }
        var field = TemplateField()
        while let flag = rest.first, "-0+".contains(flag) {
            rest.removeFirst()
            if flag == "-" { field.isLeft = true }
            if flag == "0" { field.hasZeros = true }
            if flag == "+" { field.showsPlus = true }
        }
        guard field.readWidth(&rest), let conversion = rest.popFirst(), "diusxX".contains(conversion),
            !left.isEmpty
        else { return nil }
        field.conversion = "diu".contains(conversion) ? "d" : conversion
        guard let formatted = field.text(left.removeFirst()) else { return nil }
        text += formatted
    }
    return left.isEmpty ? text : nil
}

/// Python's `format.format(*values)` and `format.format(**named)`, with `{}`, `{0}`, `{name}`, `{:03d}`.
func braceFormatted(
    _ format: String, _ values: [TemplateValue], _ named: [ExactText: TemplateValue]
) -> String? {
    var rest = format[...]
    var text = ""
    var next = 0
    while let character = rest.popFirst() {
        if character == "{" || character == "}", rest.first == character {
            rest.removeFirst()
            text.append(character)
            continue
        }
        guard character == "{" else {
            if character == "}" { return nil }
            text.append(character)
            continue
        }
        guard let end = rest.firstIndex(of: "}") else { return nil }
        let parts = rest[..<end].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        rest = rest[rest.index(after: end)...]
        let value: TemplateValue?
        if parts[0].isEmpty {
            value = next < values.count ? values[next] : nil
            next += 1
        } else if let index = Int(parts[0]) {
            value = values.indices.contains(index) ? values[index] : nil
        } else {
            value = named[String(parts[0])]
        }
        guard let value, let formatted = formatted(value, parts.count == 2 ? parts[1] : "") else {
            return nil
        }
        text += formatted
    }
    return text
}

private func formatted(_ value: TemplateValue, _ specification: Substring) -> String? {
    if specification.isEmpty { return value.rendered }
    var rest = specification
    var field = TemplateField()
    if rest.first == "0" {
        field.hasZeros = true
        rest.removeFirst()
    }
    guard field.readWidth(&rest) else { return nil }
    if let conversion = rest.popFirst() {
        guard rest.isEmpty, "dsxX".contains(conversion) else { return nil }
        field.conversion = conversion
    }
    // Text stands on the left by itself.
    if case .text = value { field.isLeft = true }
    return field.text(value)
}
