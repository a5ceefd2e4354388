// SPDX-License-Identifier: Apache-2.0
// What a coordinate holds: its first and last value, and how its values follow each other.
// Spec: CF conventions 1.11, 4.4 "Time Coordinate", 8.1 "Packed Data".

public import KerchunkBytes
import KerchunkCodecs
public import KerchunkModel
import KerchunkReading

/// A coordinate of one dimension, or a scalar one, in a few words.
public struct CoordinateSummary: Sendable {
    /// Its first and last value as people read it: a date, where it is a time.
    public let first: String
    public let last: String
    /// Values that are missing in the coordinate itself.
    public let absent: Int
    /// Nil where there are none, or values are texts, or some are missing.
    public let steps: CoordinateSteps?

    /// Values that are looked at.
    package static let limit: UInt64 = 1 << 22

    /// - Parameters:
    ///   - elements: all of the array, in the byte order of its type; texts in their container.
    /// - Returns: nil for an empty coordinate, and for types that have no order.
    public init?(_ array: VirtualArray, elements: Bytes) throws(KerchunkError) {
        guard let values = try Values(array, elements), values.count > 0 else {
            return nil
        }
        first = values.label(0)
        last = values.label(values.count - 1)
        absent = values.absent
        steps = absent == 0 ? values.steps : nil
    }
}

/// The values of a coordinate, decoded.
private struct Values {
    private let texts: [String]
    private let numbers: [CFTime.Value]
    private let type: DataType
    private let isPacked: Bool
    private let time: CFTime?
    private(set) var absent = 0

    var count: Int { max(texts.count, numbers.count) }

    init?(_ array: VirtualArray, _ elements: Bytes) throws(KerchunkError) {
        type = array.dataType
        let scale = array.attributes["scale_factor"]?.number?.double
        let offset = array.attributes["add_offset"]?.number?.double
        isPacked = scale != nil || offset != nil
        let time = Self.time(of: array)
        self.time = time
        let width = type.size
        switch type {
        case .text:
            texts = try TextContainer.texts(in: elements)
            numbers = []
            return
        case .fixedBytes, .fixedText:
            texts = stride(from: 0, to: elements.count, by: max(1, width)).map { [type] start in
                let element = FillValue.element(elements[start..<min(start + width, elements.count)])
                return element.json(for: type).string ?? ""
            }
            numbers = []
            return
        case .integer, .float, .datetime: break
        default: return nil
        }
        texts = []
        guard let format = NumberFormat(type), elements.count % width == 0 else { return nil }
        var fill: Bytes?
        if case .element(let element)? = array.maskedValue { fill = element }
        let fillBits = fill.flatMap { $0.count == width ? $0.bits(0..<width, format.order) : nil }
        let isTime = if case .datetime = type { true } else { false }
        var absent = 0
        var numbers: [CFTime.Value] = []
        numbers.reserveCapacity(elements.count / width)
        for bits in ElementReader(format).bits(elements) {
            var value = Self.number(bits, format, isTime: isTime)
            if value.double.isNaN || bits == fillBits {
                absent += 1
                value = .real(.nan)
            } else if isPacked {
                value = .real(value.double * (scale ?? 1) + (offset ?? 0))
            }
            numbers.append(value)
        }
        self.numbers = numbers
        self.absent = absent
    }

    private static func time(of array: VirtualArray) -> CFTime? {
        if case .datetime(let unit, _) = array.dataType {
            let names = [
                "ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds",
                "m": "minutes",
                "h": "hours", "D": "days",
            ]
            return names[unit].flatMap {
                CFTime(units: "\($0) since 1970-01-01", calendar: "proleptic_gregorian")
            }
        }
        return array.attributes["units"]?.string.flatMap {
            CFTime(units: $0, calendar: array.attributes["calendar"]?.string)
        }
    }

    private static func number(_ bits: UInt64, _ format: NumberFormat, isTime: Bool) -> CFTime.Value {
        switch format.kind {
        case .unsigned: return Int64(exactly: bits).map { .whole($0) } ?? .real(Double(bits))
        case .real: return .real(format.real(bits))
        case .signed:
            let whole = format.signed(bits)
            return isTime && whole == .min ? .real(.nan) : .whole(whole)
        }
    }

    func label(_ index: Int) -> String {
        if !texts.isEmpty { return texts[index] }
        let value = numbers[index]
        if value.double.isNaN { return "NaN" }
        if let time, let instant = time.instant(value), instant.magnitude < 1 << 61 {
            return time.text(ofInstant: instant)
        }
        if isPacked { return shortNumber(value.double) }
        switch (value, type) {
        case (.whole(let whole), _): return "\(whole)"
        case (.real(let real), .float(2, _)), (.real(let real), .float(4, _)): return "\(Float(real))"
        case (.real(let real), _): return "\(real)"
        }
    }

    /// Nil where values are texts.
    var steps: CoordinateSteps? {
        guard texts.isEmpty else { return nil }
        return CoordinateSteps(numbers, type: type, time: time, isPacked: isPacked) { label($0) }
    }
}
