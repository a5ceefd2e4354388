// SPDX-License-Identifier: Apache-2.0
// Many datasets into one.

import Kerchunk

extension Operations {
    /// Plans a combination; its chunks are pulled from the inputs when they are asked for.
    static func combine(_ request: Request) throws -> Reply {
        try request.checkNames(["inputs", "request", "settings", "storage", "remote_storage"], of: "combine")
        let inputs = try request.inputs()
        let wish = try CombineRequest(request.part("request"))
        let settings = try request.settings(for: inputs)
        request.context.progress.begin(.inputs, total: UInt64(inputs.count))
        let combined = try Kerchunk.combine(inputs, request: wish, settings: settings)
        var dataset = combined.dataset
        let threshold = try request.part("settings").integer("inline_threshold", in: 0...UInt64.max) ?? 0
        if threshold > 0 {
            dataset = Kerchunk.inlineChunks(
                of: dataset, below: threshold, files: settings.sources ?? settings.files)
        }
        let opened = Opened(
            dataset, issues: combined.plan.issues, from: .made("combined"),
            zarrFormat: settings.saving.zarrFormat)
        var reply = reply(opened, combined: combined, wish: "inline \(threshold)")
        reply.document["plan"] = CombineReport(plan: combined.plan).json
        reply.document["plan_text"] = .string(CombineReport(plan: combined.plan).text)
        reply.document["input_issues"] = .array(combined.inputIssues.map(document))
        reply.document["left_out"] = .array(combined.leftOut.map(Self.document))
        reply.document["adds_nothing"] = .bool(combined.addsNothing)
        return reply
    }
}

extension Request {
    /// What is to be combined: locations of reference sets or files, and datasets.
    func inputs() throws(KerchunkError) -> [CombineInput] {
        var inputs: [CombineInput] = []
        for value in try required(try array("inputs"), "inputs") {
            let input = part(value.object ?? [:])
            try input.checkNames(["references", "file", "dataset", "name"], of: "an input")
            if let url = try input.string("references") {
                inputs.append(.references(url))
            } else if let url = try input.string("file") {
                inputs.append(.file(url))
            } else {
                let opened = try input.dataset().opened
                let name = try input.string("name") ?? "input \(inputs.count)"
                if let damage = KerchunkError(damage: opened.issues) { throw damage.locating(url: name) }
                inputs.append(.dataset(name: name, opened.dataset))
            }
        }
        if inputs.isEmpty { throw KerchunkError(.usage, "no input is given") }
        return inputs
    }

    func settings(for inputs: [CombineInput]) throws(KerchunkError) -> CombineSettings {
        let part = try part("settings")
        try part.checkNames(
            [
                "zarr_format", "jobs", "memory", "scratch", "output", "append", "first_index", "scan",
                "inline_threshold", "on_error",
            ], of: "a combination")
        var settings = CombineSettings()
        settings.saving.zarrFormat = try part.zarrFormat() ?? 2
        settings.threadCount = Int(
            try part.integer("jobs", in: 1...4096) ?? UInt64(Kerchunk.width(for: inputs.map(\.name))))
        settings.memoryLimit = Int(try part.integer("memory") ?? UInt64(settings.memoryLimit))
        settings.scratch = try part.string("scratch")
        settings.output = try part.string("output")
        settings.appended = try part.string("append")
        switch try part.string("on_error") ?? "raise" {
        case "raise": break
        case "skip": settings.skipsFailures = true
        case let other:
            throw KerchunkError(.usage, "\"on_error\" is \"raise\" or \"skip\", not \"\(other)\"")
        }
        settings.firstIndex = Int(try part.integer("first_index") ?? 0)
        if part.value("scan") != nil {
            let scan = try part.part("scan")
            settings.scanning = try ScanOptions(scan)
            settings.saving.fillLimit = try SavingOptions(ofScan: scan).fillLimit
        }
        settings.files = try files()
        if value("remote_storage") != nil { settings.sources = try files("remote_storage") }
        settings.cancellation = cancellation
        let progress = context.progress
        settings.progress = { progress.add(1) }
        return settings
    }
}

extension CombineRequest {
    /// Members as the options of the command, with `_` for `-`.
    init(_ request: Request) throws(KerchunkError) {
        self.init()
        try request.checkNames(
            [
                "concat_dim", "identical_dim", "coord", "coord_dtype", "order", "duplicates", "absent",
                "fill_value", "load_threshold", "load", "subchunk", "override", "kerchunk_rules", "drop",
                "rename",
                "rename_dim", "set_attr", "delete_attr",
            ], of: "a combination")
        concatDimensions = try request.strings("concat_dim") ?? []
        identicalDimensions = try request.strings("identical_dim") ?? []
        for (name, value) in try request.object("coord") ?? [:] {
            coordinates.append(.init(name, try CoordinateSelector(value, of: name)))
        }
        for (name, value) in try request.object("coord_dtype") ?? [:] {
            coordinateTypes[name] = try DataType(userName: value.string ?? value.serialized())
        }
        order = try request.choice("order", Order.self) ?? order
        duplicates = try request.choice("duplicates", Duplicates.self) ?? duplicates
        absences = try request.choice("absent", Absences.self) ?? absences
        for (name, value) in try request.object("fill_value") ?? [:] {
            fillValues[name] = try CoordinateKey(value, of: name)
        }
        loadThreshold = try request.integer("load_threshold", in: 0...UInt64.max) ?? loadThreshold
        loaded = try request.strings("load") ?? []
        subchunks = try request.flag("subchunk") ?? false
        for name in try request.strings("override") ?? [] {
            guard let check = Check(rawValue: name) else {
                let known = Check.allCases.map(\.rawValue).joined(separator: ", ")
                throw KerchunkError(.usage, "\"override\" does not know \"\(name)\"; it knows \(known)")
            }
            overrides.insert(check)
        }
        semantics = try request.flag("kerchunk_rules") ?? false ? .kerchunk : .xarray
        if let names = try request.strings("drop"), !names.isEmpty { preprocessing.append(.drop(names)) }
        for (old, new) in try request.object("rename") ?? [:] {
            preprocessing.append(.rename(variable: old, to: try Self.name(new)))
        }
        for (old, new) in try request.object("rename_dim") ?? [:] {
            preprocessing.append(.renameDimension(old, to: try Self.name(new)))
        }
        for (place, value) in try request.object("set_attr") ?? [:] {
            let (variable, name) = Self.attribute(place)
            postprocessing.append(.setAttribute(variable: variable, name: name, value: value))
        }
        for place in try request.strings("delete_attr") ?? [] {
            let (variable, name) = Self.attribute(place)
            postprocessing.append(.deleteAttribute(variable: variable, name: name))
        }
    }

    private static func name(_ value: JSONValue) throws(KerchunkError) -> String {
        guard let name = value.string else { throw KerchunkError(.usage, "a new name is a text") }
        return name
    }

    private static func attribute(_ place: String) -> (variable: String?, name: String) {
        guard let colon = place.firstIndex(of: ":") else { return (nil, place) }
        return (String(place[..<colon]), String(place[place.index(after: colon)...]))
    }
}

extension CoordinateSelector {
    /// A selector as text, a constant, or a list with a value, or values, for each input.
    init(_ value: JSONValue, of name: String) throws(KerchunkError) {
        switch value {
        case .string(let text): try self.init(parsing: text)
        case .array(let values):
            var lists: [[CoordinateKey]] = []
            for value in values {
                var keys: [CoordinateKey] = []
                for one in value.array ?? [value] { keys.append(try CoordinateKey(one, of: name)) }
                lists.append(keys)
            }
            self = .list(lists)
        default: self = .constant(try CoordinateKey(value, of: name))
        }
    }
}

extension CoordinateKey {
    fileprivate init(_ value: JSONValue, of name: String) throws(KerchunkError) {
        switch value {
        case .string(let text): self = .text(text)
        case .bool(let flag): self = .integer(flag ? 1 : 0)
        case .number(.integer(let number)): self = .integer(number)
        case .number(let number): self = .real(number.double)
        default: throw KerchunkError(.usage, "a value of \"\(name)\" is neither a number nor a text")
        }
    }
}
