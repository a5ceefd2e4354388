// SPDX-License-Identifier: Apache-2.0
// The values of a coordinate in one input, and when they are those of another.

import KerchunkBytes
public import KerchunkModel
import KerchunkReading

/// The values that one input has along a dimension, in its own order.
public struct AxisValues: Hashable, Sendable {
    /// Numbers as they are stored.
    public var keys: [CoordinateKey]
    /// The type that they are stored as.
    public var type: DataType
    /// What the numbers mean, where they are times.
    public var time: TimeUnits?
    /// How stored numbers become values; nil where they are the values.
    var packing: Packing?
    /// The dimension along the characters, where texts are stored as arrays of characters.
    var characterDimension: String?

    public init(keys: [CoordinateKey], type: DataType, time: TimeUnits? = nil) {
        self.keys = keys
        self.type = type
        self.time = time
    }

    /// - Parameters:
    ///   - elements: all of `array`, in the byte order of its type.
    ///   - isCoordinate: whether its first axis counts values, so that the characters of a text need another one.
    init(_ elements: Bytes, of array: VirtualArray, isCoordinate: Bool) throws(KerchunkError) {
        let length = isCoordinate && array.shape.count == 1 ? nil : array.characterCount
        let type = length.map { DataType.fixedBytes(length: $0) } ?? array.dataType
        self.init(keys: try ElementCoding(type).keys(elements), type: type, time: TimeUnits(of: array))
        if length != nil { characterDimension = array.dimensionNames?.last }
        guard !isText else { return }
        packing = Packing(of: array)
        // Numbers that are no values are none here either.
        let masked = Packing(all: array, missing: Packing.fill(array))
        if packing == nil, keys.contains(where: masked.isMissing) { packing = masked }
    }

    /// Whether the values are texts.
    var isText: Bool { (try? ElementCoding(type))?.isText ?? false }

    /// Whether some numbers mean that there is no value.
    var hasMissing: Bool { packing.map { keys.contains(where: $0.isMissing) } ?? false }

    /// The same values as they are to be read, not as they are stored.
    var unpacked: AxisValues {
        guard let packing else { return self }
        var unpacked = self
        unpacked.keys = keys.map(packing.value)
        unpacked.type = .float(width: 8, .little)
        unpacked.packing = nil
        return unpacked
    }

    /// The value at `index` as people read it: a date, where it is a time.
    public func label(_ index: Int) -> String {
        guard keys.indices.contains(index) else { return "\(index)" }
        let key = packing?.value(keys[index]) ?? keys[index]
        if let number = key.double, let moment = time?.time?.moment(number) { return moment.description }
        return key.description
    }

    // MARK: Comparing

    /// Whether `other` has the same values in the same order, however they are stored.
    func isSame(as other: AxisValues) -> Bool {
        self == other || (keys.count == other.keys.count && canonical == other.canonical)
    }

    /// The place of the first value that is another one in `other`; nil where there is none.
    func firstDifference(from other: AxisValues) -> Int? {
        if isSame(as: other) { return nil }
        let (mine, theirs) = (canonical, other.canonical)
        if mine.time != theirs.time { return 0 }
        return zip(mine.keys, theirs.keys).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            ?? min(keys.count, other.keys.count)
    }

    /// Values in a form that is equal where they mean the same.
    struct Canonical: Hashable {
        let keys: [CoordinateKey]
        /// What the keys count; for exact instants the calendar.
        let time: String?
    }

    var canonical: Canonical {
        let plain = unpacked.keys.map(\.canonical)
        guard let time else { return Canonical(keys: plain, time: nil) }
        guard let meaning = time.time, let instants = instants(of: plain, meaning) else {
            return Canonical(keys: plain, time: time.text)
        }
        return Canonical(
            keys: instants.map { .integer($0) }, time: "\(meaning.commonCalendar(instants))")
    }

    /// Nil unless all of them are exact.
    private func instants(of keys: [CoordinateKey], _ time: CFTime) -> [Int64]? {
        var instants: [Int64] = []
        for key in keys {
            guard let instant = time.exactInstant(key.timeValue) else { return nil }
            instants.append(instant)
        }
        return instants
    }
}

extension VirtualArray {
    /// Characters of a text, where this is an array of characters along its last axis; nil where it is not.
    var characterCount: Int? {
        guard dataType == .fixedBytes(length: 1), let last = shape.last, last > 0 else { return nil }
        return Int(exactly: last)
    }
}
