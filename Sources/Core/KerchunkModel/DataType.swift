// SPDX-License-Identifier: Apache-2.0
// What an element of an array is, as Zarr v2 (numpy's type strings) can say it.
// Spec: Zarr v2, "Data type encoding".

public enum ByteOrder: Hashable, Sendable { case little, big }

/// The type of an array's elements.
public indirect enum DataType: Hashable, Sendable {
    /// One byte, 0 or 1.
    case bool
    /// Two's complement or unsigned; `width` in bytes: 1, 2, 4 or 8.
    case integer(isSigned: Bool, width: Int, ByteOrder)
    /// IEEE 754; `width` in bytes: 2, 4 or 8.
    case float(width: Int, ByteOrder)
    /// Two floats, real part first; `width` in bytes of both: 8 or 16.
    case complex(width: Int, ByteOrder)
    /// Ticks since 1970 as 64-bit integers; `unit` as numpy writes it: `ns`, `25s`.
    case datetime(unit: String, ByteOrder)
    case timedelta(unit: String, ByteOrder)
    /// `length` bytes of text, padded with NUL: `S`.
    case fixedBytes(length: Int)
    /// `length` UTF-32 characters: `U`.
    case fixedText(length: Int, ByteOrder)
    /// `length` bytes without meaning: `V`.
    case raw(length: Int)
    /// Named fields behind each other, without gaps.
    case structure([Field])
    /// Text of any length; the chunks hold it through the codec `vlen-utf8`: `|O`.
    case text
    /// Any other objects; the chunks hold them through a codec such as `json2`: `|O`.
    case object

    public struct Field: Hashable, Sendable {
        public let name: String
        public let type: DataType
        /// Lengths of an array member; empty for a single element.
        public let shape: [Int]

        public init(name: String, type: DataType, shape: [Int] = []) {
            self.name = name
            self.type = type
            self.shape = shape
        }
    }

    /// Bytes of one element in a decoded chunk; 8 for objects, as numpy says.
    public var size: Int {
        switch self {
        case .bool: 1
        case .integer(_, let width, _), .float(let width, _), .complex(let width, _): width
        case .datetime, .timedelta, .text, .object: 8
        case .fixedBytes(let length), .raw(let length): length
        case .fixedText(let length, _): 4 * length
        case .structure(let fields):
            fields.reduce(0) { $0 + $1.shape.reduce($1.type.size, *) }
        }
    }

    /// Whether chunks hold objects through a codec rather than elements side by side.
    public var isObject: Bool { self == .text || self == .object }
}
