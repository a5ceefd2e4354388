// SPDX-License-Identifier: Apache-2.0
// Values of a coordinate as people read them.
// Spec: CF conventions 1.11, 4.4 "Time Coordinate".

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
import KerchunkReading

/// The values of a one-dimensional coordinate whose chunks are all embedded, as text: numbers, or dates.
public struct CoordinateLabels: Sendable {
    private let elements: Bytes
    private let type: DataType
    private let time: CFTime?

    /// - Returns: nil where the values are not in the reference set itself, or are no plain numbers.
    public init?(_ coordinate: VirtualArray, codecs: CodecDirectory) {
        guard coordinate.shape.count == 1, coordinate.attributes["scale_factor"] == nil,
            coordinate.attributes["add_offset"] == nil, coordinate.chunks.grid.count <= 1 << 16
        else { return nil }
        switch coordinate.dataType {
        case .integer, .float: break
        default: return nil
        }
        let embeddedOnly = SourceReader { url in
            throw KerchunkError(.unsupported, "the coordinate is not embedded", url: url)
        }
        let reader = ArrayReader(codecs: codecs, sources: embeddedOnly)
        guard let survey = try? ChunkSurvey(coordinate), survey.inline == survey.chunks,
            let elements = try? reader.elements(of: coordinate, in: SourceTable())
        else { return nil }
        self.elements = elements
        type = coordinate.dataType
        time = coordinate.attributes["units"]?.string.flatMap {
            CFTime(units: $0, calendar: coordinate.attributes["calendar"]?.string)
        }
    }

    /// The value at `index` of the coordinate; nil outside of it.
    public subscript(index: UInt64) -> String? {
        guard let index = Int(exactly: index), let start = index.multiplied(by: type.size),
            let end = start.adding(type.size), end <= elements.count
        else { return nil }
        let value = FillValue.element(elements[start..<end]).json(for: type)
        if let time, let number = value.number?.double, let moment = time.moment(number) {
            return moment.description
        }
        return value.string ?? value.serialized()
    }
}
