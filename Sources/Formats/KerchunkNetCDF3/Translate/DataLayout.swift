// SPDX-License-Identifier: Apache-2.0
// Where the data of each variable is.
// Spec: NetCDF Classic Format, "Computing File Offsets", "Note on vsize", "Note on padding".

import KerchunkBytes

/// Shapes and places of all variables: what the header leaves to be computed.
struct DataLayout: Sendable {
    /// Records, as the header says or the size of the file.
    private(set) var recordCount: UInt64
    /// Records that are left out, as the file ends before them or inside them.
    private(set) var lostRecordCount: UInt64 = 0
    /// Bytes from one record to the next.
    let recordSize: UInt64
    /// By variable.
    private(set) var places: [Place]

    /// One variable's data: a run of bytes, or one in each record.
    struct Place: Hashable, Sendable {
        fileprivate(set) var shape: [UInt64]
        /// Whether the first axis is that of the records.
        let isRecord: Bool
        let begin: UInt64
        /// Bytes of one run, without padding: of the variable, or of its part of a record.
        let size: UInt64
    }

    /// - Throws: for a header that no file can have, whatever its data.
    init(_ header: Header, fileSize: UInt64) throws(ParseError) {
        var inner: [(shape: [UInt64], isRecord: Bool, size: UInt64)] = []
        for variable in header.variables {
            inner.append(try Self.innerShape(variable, header.dimensions))
        }
        let records = header.variables.indices.filter { inner[$0].isRecord }
        recordSize = try Self.recordSize(records.map { (inner[$0].size, header.variables[$0].offset) })
        recordCount =
            if let count = header.recordCount { count } else {
                Self.recordCount(
                    records.map { (header.variables[$0].begin, inner[$0].size) }, recordSize: recordSize,
                    fileSize: fileSize)
            }
        var places: [Place] = []
        for (variable, inner) in zip(header.variables, inner) {
            places.append(
                Place(
                    shape: inner.isRecord ? [recordCount] + inner.shape : inner.shape,
                    isRecord: inner.isRecord, begin: variable.begin, size: inner.size))
        }
        self.places = places
        try checkPlaces(header)
    }

    /// The lengths of a variable's axes but that of the records.
    private static func innerShape(
        _ variable: Header.Variable, _ dimensions: [Header.Dimension]
    ) throws(ParseError) -> (shape: [UInt64], isRecord: Bool, size: UInt64) {
        var shape: [UInt64] = []
        var isRecord = false
        for (axis, number) in variable.dimensions.enumerated() {
            if let length = dimensions[number].length {
                shape.append(length)
            } else if axis == 0 {
                isRecord = true
            } else {
                throw ParseError(
                    "\"\(variable.name.string)\" has the record dimension as dimension \(axis + 1); only the first can be the record dimension",
                    in: "variable", at: variable.offset)
            }
        }
        guard let size = checkedProduct(shape + [UInt64(variable.type.size)]), size <= UInt64(Int64.max)
        else {
            throw ParseError(
                "\"\(variable.name.string)\" has more bytes than any file", in: "variable",
                at: variable.offset)
        }
        return (shape, isRecord, size)
    }

    /// The parts of all record variables, each padded to 4 bytes; a single one is not.
    private static func recordSize(_ parts: [(size: UInt64, offset: UInt64)]) throws(ParseError) -> UInt64 {
        if parts.count == 1 { return parts[0].size }
        var total: UInt64 = 0
        for part in parts {
            guard let sum = part.size.paddedToWord.flatMap({ total.adding($0) }), sum <= UInt64(Int64.max)
            else {
                throw ParseError(
                    "a record has more bytes than any file", in: "variable", at: part.offset)
            }
            total = sum
        }
        return total
    }

    /// How many whole records the file holds; the padding behind the last one may be missing.
    private static func recordCount(
        _ parts: [(begin: UInt64, size: UInt64)], recordSize: UInt64, fileSize: UInt64
    ) -> UInt64 {
        let ends = parts.map { $0.begin.adding($0.size) ?? .max }
        guard let start = parts.map(\.begin).min(), let end = ends.max(), recordSize > 0, end <= fileSize
        else { return 0 }
        let padding = recordSize - min(recordSize, end - start)
        return (fileSize - start + padding) / recordSize
    }

    /// Bytes that a file with all records has; the padding behind the last of them may be missing.
    var fullSize: UInt64 {
        let recordCount = recordCount + lostRecordCount
        return places.reduce(0) { end, place in
            guard place.size > 0, !place.isRecord || recordCount > 0 else { return end }
            let last = place.isRecord ? recordSize.multiplied(by: recordCount - 1) : 0
            return max(end, last.flatMap { $0.adding(place.begin) }?.adding(place.size) ?? .max)
        }
    }

    /// Lets the records end with the last one that a file of `fileSize` bytes holds all of, so that no hole is left in
    /// them. The first one stays where the file ends inside it: there would be nothing else.
    mutating func leaveOutLostRecords(fileSize: UInt64) {
        let runs = places.filter { $0.isRecord && $0.size > 0 }
        let whole = runs.map { run in
            guard run.begin < fileSize, run.size <= fileSize - run.begin else { return UInt64(0) }
            return (fileSize - run.begin - run.size) / recordSize + 1
        }
        guard var kept = whole.min(), kept < recordCount else { return }
        if kept == 0, runs.contains(where: { $0.begin < fileSize }) { kept = 1 }
        lostRecordCount = recordCount - kept
        recordCount = kept
        for index in places.indices where places[index].isRecord { places[index].shape[0] = kept }
    }

    // MARK: Checks

    /// Data inside the header, or inside other data, shows that offsets are not what they should be.
    private func checkPlaces(_ header: Header) throws(ParseError) {
        /// Where there is data: the records are one stretch.
        var stretches: [(start: UInt64, end: UInt64, variable: Int)] = []
        var parts: [(start: UInt64, end: UInt64, variable: Int)] = []
        for (number, place) in places.enumerated() where place.size > 0 {
            let end = place.begin.adding(place.size) ?? .max
            if place.isRecord {
                if recordCount > 0 { parts.append((place.begin, end, number)) }
            } else {
                stretches.append((place.begin, end, number))
            }
        }
        if let first = parts.min(by: { $0.start < $1.start }) {
            let size = recordSize.multiplied(by: recordCount) ?? .max
            stretches.append((first.start, first.start.adding(size) ?? .max, first.variable))
            if recordCount > 1 {
                // The next record's first part must lie behind this one's last.
                parts.append((first.start.adding(recordSize) ?? .max, .max, first.variable))
            }
        }
        for stretches in [stretches, parts] {
            let sorted = stretches.sorted { ($0.start, $0.variable) < ($1.start, $1.variable) }
            for stretch in sorted.prefix(1) where stretch.start < header.size {
                let variable = header.variables[stretch.variable]
                throw ParseError(
                    "the data of \"\(variable.name.string)\" would begin at byte \(stretch.start), inside the header of \(header.size) bytes",
                    in: "variable", at: variable.offset)
            }
            for (one, other) in zip(sorted, sorted.dropFirst()) where other.start < one.end {
                let names = [one, other].map { "\"\(header.variables[$0.variable].name.string)\"" }
                throw ParseError(
                    "the data of \(names[0]) and \(names[1]) overlap at byte \(other.start)",
                    in: "variable", at: header.variables[other.variable].offset)
            }
        }
    }
}
