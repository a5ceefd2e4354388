// SPDX-License-Identifier: Apache-2.0
// What `inspect` shows, for people: the order and words of ncdump and xarray.

import Kerchunk

extension DatasetSummary {
    /// - Parameter inFull: whether long values are shown whole.
    func text(inFull: Bool) -> String {
        var text = ""
        // Variables may be many, so no lines are kept.
        func add(_ lines: [String], indent: String = "") {
            for line in lines {
                if !line.isEmpty { text += indent + withoutControls(line) }
                text += "\n"
            }
        }
        add(["\(shownURL(location)): \(format)"])
        for group in groups {
            if group.path != "/" { add(["", "group \(group.path):"]) }
            let indent = group.path == "/" ? "" : "  "
            group.forEachPart(inFull: inFull) { add($0, indent: indent) }
        }
        if let looseKeys { add(["", self.text(looseKeys)]) }
        if !sources.isEmpty { add(["", sourceTitle] + sourceLines(inFull: inFull)) }
        if !issues.isEmpty { add(["", counted(issues.count, "issue")]) }
        return text
    }

    /// `3 sources, 1.2 GiB referenced, 4 KiB inline, 12 chunks missing:`.
    private var sourceTitle: String {
        var (missing, inline, stored) = (UInt64(0), UInt64(0), UInt64(0))
        for group in groups {
            for variable in group.variables {
                missing = missing.adding(variable.counts.missing) ?? .max
                inline += variable.counts.inlineBytes
                stored = stored.adding(variable.counts.storedBytes) ?? .max
            }
        }
        return "\(counted(sources.count, "source")), "
            + "\(ByteCount.text(stored)) referenced, "
            + "\(ByteCount.text(inline)) inline, \(counted(missing, "chunk")) missing:"
    }

    /// `2 keys of no array: README, docs/index.html`.
    private func text(_ keys: LooseKeys) -> String {
        let list = keys.names.prefix(10).joined(separator: ", ") + (keys.names.count > 10 ? ", …" : "")
        return "\(counted(keys.names.count, "key")) that belong to no array: \(list)"
    }

    private func sourceLines(inFull: Bool) -> [String] {
        let shown = inFull ? sources[...] : sources.prefix(20)
        var lines = shown.map { source in
            var line = "  \(shownURL(source.url))"
            line += source.stamp.size.map { " (\(ByteCount.text($0)))" } ?? ""
            return line + ": \(counted(source.references, "reference")), \(ByteCount.text(source.bytes))"
        }
        if shown.count < sources.count { lines.append("  and \(sources.count - shown.count) more") }
        return lines
    }
}

extension DatasetSummary.Group {
    /// Calls `body` with the lines of each part, from the first to the last.
    fileprivate func forEachPart(inFull: Bool, _ body: ([String]) -> Void) {
        if !dimensions.isEmpty { body(["dimensions:"] + dimensions.map { "  \($0.name) = \($0.length)" }) }
        for (title, isCoordinate) in [("coordinates:", true), ("variables:", false)] {
            var isFirst = true
            for variable in variables where variable.isCoordinate == isCoordinate {
                if isFirst { body([title]) }
                isFirst = false
                body(variable.lines(inFull: inFull))
            }
        }
        if !attributes.isEmpty {
            body(["attributes:"] + attributes.map { "  \($0.name) = \(shortened($0.value, inFull: inFull))" })
        }
    }
}

extension DatasetSummary.Variable {
    fileprivate func lines(inFull: Bool) -> [String] {
        let axes = array.dimensionNames.map { $0.joined(separator: ", ") }
        let shown = name.isEmpty ? "/" : name
        var lines = ["  \(array.dataType.readableName) \(shown)(\(axes ?? sizes(array.shape)))"]
        if !array.shape.isEmpty {
            lines.append(
                "    shape \(sizes(array.shape)), chunks \(sizes(array.chunkShape)), grid \(sizes(array.chunks.grid.shape))"
            )
        }
        if !array.codecs.isEmpty {
            lines.append("    codecs: " + array.codecs.map(\.readable).joined(separator: ", "))
        }
        let fill = array.missing.unwritten.json(for: array.dataType)
        if !fill.isNull { lines.append("    fill value: \(shortened(fill, inFull: inFull))") }
        lines.append("    " + chunkLine)
        lines += valueLines(inFull: inFull).map { "    " + $0 }
        lines += gapLines(inFull: inFull)
        return lines + array.attributes.map { "    \($0.name) = \(shortened($0.value, inFull: inFull))" }
    }

    /// `values 2001-01-01 to 2001-12-31, step 1 day`, and where it is another.
    private func valueLines(inFull: Bool) -> [String] {
        switch values {
        case nil: return []
        case .unread(let reason): return ["values not read: \(reason)"]
        case .read(let summary):
            guard array.shape != [], array.shape != [1] else { return ["value \(summary.first)"] }
            var line = "values \(summary.first) to \(summary.last)"
            if summary.absent > 0 { line += ", \(summary.absent) of them missing" }
            guard let steps = summary.steps else { return [line] }
            if let step = steps.step {
                line += ", step \(step.text)"
                if steps.isDescending, case .number = step {} else if steps.isDescending { line += " back" }
            }
            if let spread = steps.spread { line += ", steps from \(spread.smallest) to \(spread.largest)" }
            guard steps.count > 0 else { return [line] }
            line += ", irregular at \(counted(steps.count, "place")):"
            let shown = inFull ? steps.places[...] : steps.places.prefix(5)
            var lines = [line] + shown.map { "  " + $0.text }
            if shown.count < steps.count {
                lines.append(
                    "  and \(steps.count - shown.count) more; \(counted(steps.missing, "value")) \(steps.missing == 1 ? "is" : "are") missing in all"
                )
            }
            return lines
        }
    }

    /// What is missing, along each axis that tells something: whole runs along one axis say it all where they account
    /// for every missing chunk.
    private func gapLines(inFull: Bool) -> [String] {
        guard counts.references + counts.inline > 0 else { return [] }
        let telling = counts.gaps.first { $0.wholeCount == counts.missing }.map { [$0] } ?? counts.gaps
        return telling.flatMap { gaps in
            let name = array.dimensionNames?[gaps.axis] ?? "axis \(gaps.axis)"
            let shown = inFull ? gaps.gaps[...] : gaps.gaps.prefix(10)
            var lines = ["    missing along \(name):"]
            lines += shown.map { "      " + text($0, labels[gaps.axis]) }
            if shown.count < gaps.gaps.count {
                lines.append("      and \(gaps.gaps.count - shown.count) more")
            }
            return lines
        }
    }

    /// `4 to 5 (2000-02-29 to 2000-03-01): all`.
    private func text(_ gap: AxisGaps.Gap, _ labels: CoordinateLabels?) -> String {
        let first = gap.elements.lowerBound
        let last = gap.elements.upperBound - 1
        var text = first == last ? "\(first)" : "\(first) to \(last)"
        if let start = labels?[first], let end = labels?[last] {
            text += first == last ? " (\(start))" : " (\(start) to \(end))"
        }
        return text + (gap.isWhole ? ": all" : ": \(gap.missing) of \(counted(gap.total, "chunk"))")
    }

    private var chunkLine: String {
        var parts = ["\(counted(counts.references, "reference")) (\(ByteCount.text(counts.storedBytes)))"]
        if counts.wholeFiles > 0 { parts.append("\(counts.wholeFiles) of them whole files") }
        if counts.inline > 0 {
            parts.append("\(counts.inline) inline (\(ByteCount.text(counts.inlineBytes)))")
        }
        parts.append("\(counts.missing) missing")
        return parts.joined(separator: ", ")
    }
}

private func sizes(_ lengths: [UInt64]) -> String {
    lengths.isEmpty ? "scalar" : lengths.map(\.description).joined(separator: " × ")
}

/// `value` on one line, cut where it is long.
private func shortened(_ value: JSONValue, inFull: Bool) -> String {
    let limit = 70
    if !inFull, let values = value.array, values.count > 8 {
        let start = values.prefix(6).map { $0.serialized() }.joined(separator: ", ")
        return String("[\(start), …".prefix(limit)) + "] (\(counted(values.count, "value")))"
    }
    let text = value.serialized()
    return inFull || text.count <= limit ? text : text.prefix(limit) + "…"
}

extension DataType {
    /// As numpy prints it: `float32`, `S5`, `{a: int32, b: float64}`.
    fileprivate var readableName: String {
        switch self {
        case .bool: "bool"
        case .integer(let isSigned, let width, let order):
            (isSigned ? "int" : "uint") + "\(8 * width)" + order.mark(width)
        case .float(let width, let order): "float\(8 * width)" + order.mark(width)
        case .complex(let width, let order): "complex\(8 * width)" + order.mark(width)
        case .datetime(let unit, let order): "datetime64[\(unit)]" + order.mark(8)
        case .timedelta(let unit, let order): "timedelta64[\(unit)]" + order.mark(8)
        case .fixedBytes(let length): "S\(length)"
        case .fixedText(let length, let order): "U\(length)" + order.mark(4)
        case .raw(let length): "V\(length)"
        case .text: "string"
        case .object: "object"
        case .structure(let fields):
            "{"
                + fields.map { field in
                    "\(field.name): \(field.type.readableName)"
                        + (field.shape.isEmpty ? "" : "\(field.shape)")
                }.joined(separator: ", ") + "}"
        }
    }
}

extension ByteOrder {
    fileprivate func mark(_ width: Int) -> String { self == .big && width > 1 ? " (big-endian)" : "" }
}

extension CodecSpec {
    /// `zlib(level=4)`.
    fileprivate var readable: String {
        let settings = configuration.map { "\($0.name)=\($0.value.serialized())" }.joined(separator: ", ")
        return settings.isEmpty ? id : "\(id)(\(settings))"
    }
}
