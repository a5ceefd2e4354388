// SPDX-License-Identifier: Apache-2.0
// Datasets into other datasets.

import Kerchunk

extension Operations {
    /// A dataset like that of the request, with other content.
    private static func derived(
        _ request: Request, issues: [Issue] = [], _ change: (VirtualDataset) throws -> VirtualDataset
    ) throws -> Reply {
        let opened = try request.dataset().opened
        return reply(
            Opened(
                try change(opened.dataset), issues: opened.issues + issues, from: opened.origin,
                zarrFormat: opened.zarrFormat))
    }

    static func select(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "group", "include", "exclude"], of: "select")
        return try derived(request) {
            try $0.selecting(
                group: try request.string("group") ?? "/", included: try request.strings("include") ?? [],
                excluded: try request.strings("exclude") ?? [])
        }
    }

    /// Other URLs; the answer names those that no reference points to.
    static func rename(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "map", "prefix"], of: "rename")
        func pairs(_ name: String) throws -> [(old: String, new: String)] {
            try (request.object(name) ?? [:]).map { old, value in
                guard let new = value.string else {
                    throw KerchunkError(.usage, "\"\(name)\" has no string for \"\(old)\"")
                }
                return (old, new)
            }
        }
        let renaming = SourceRenaming(try pairs("map"), prefixes: try pairs("prefix"))
        var result = try derived(request) { $0.renamingSources(renaming) }
        let urls = try request.dataset().opened.dataset.sources.sources.map(\.url)
        result.document["unused"] = .strings(renaming.unused(among: urls))
        return result
    }

    static func inline(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "threshold", "arrays", "array_size", "storage"], of: "inline")
        let opened = try request.dataset().opened
        let names = try request.strings("arrays") ?? []
        let size = try request.integer("array_size", in: 0...UInt64.max) ?? 0
        let threshold = try request.integer("threshold", in: 0...UInt64.max) ?? 0
        let session = try request.session()
        var dataset = opened.dataset
        var issues = opened.issues
        if !names.isEmpty || size > 0 {
            let result = try Kerchunk.inlineArrays(
                of: dataset, ArrayInlining(names: names, size: size), session: session)
            dataset = result.dataset
            issues += result.issues
        }
        if threshold > 0 { dataset = Kerchunk.inlineChunks(of: dataset, below: threshold, session: session) }
        return reply(
            Opened(dataset, issues: issues, from: opened.origin, zarrFormat: opened.zarrFormat))
    }

    static func subchunk(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "variable", "factor"], of: "subchunk")
        let variable = try request.required(try request.string("variable"), "variable")
        let factor = try request.required(try request.integer("factor", in: 1...UInt64.max), "factor")
        return try derived(request) { try $0.subchunking(variable, factor: factor) }
    }

    static func dereference(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "storage"], of: "dereference")
        let session = try request.session()
        return try derived(request) {
            try Kerchunk.dereference($0, session: session)
        }
    }

    static func merge(_ request: Request) throws -> Reply {
        try request.checkNames(["inputs", "storage", "zarr_format"], of: "merge")
        let (inputs, issues, format) = try request.namedDatasets()
        let merged = try Kerchunk.merge(inputs, session: try request.session())
        return reply(
            Opened(
                merged.dataset, issues: issues + merged.issues, from: .made("merged"), zarrFormat: format))
    }

    static func concatArrays(_ request: Request) throws -> Reply {
        try request.checkNames(["inputs", "array", "axis", "zarr_format"], of: "concat_arrays")
        let (inputs, issues, format) = try request.namedDatasets()
        let path = try request.required(try request.string("array"), "array")
        var axis = ArrayConcatenation.Axis.number(0)
        if let name = request.value("axis")?.string {
            axis = .dimension(name)
        } else if let number = try request.integer("axis") {
            axis = .number(Int(number))
        }
        let joined = try ArrayConcatenation(
            path: path, axis: axis, codecs: try request.session().codecs
        ).join(inputs)
        return reply(
            Opened(
                joined.dataset, issues: issues + joined.issues, from: .made("joined"), zarrFormat: format))
    }
}

extension Request {
    /// Datasets with names, all for the same Zarr version.
    fileprivate func namedDatasets() throws(KerchunkError) -> (
        inputs: [(name: String, dataset: VirtualDataset)], issues: [Issue], zarrFormat: Int
    ) {
        let format = try zarrFormat() ?? 2
        let saving = SavingOptions(zarrFormat: format)
        var inputs: [(name: String, dataset: VirtualDataset)] = []
        var issues: [Issue] = []
        for value in try required(try array("inputs"), "inputs") {
            let input = part(value.object ?? [:])
            try input.checkNames(["dataset", "name"], of: "an input")
            let changed = try Kerchunk.represent(input.dataset().opened.dataset, as: saving)
            inputs.append((try input.string("name") ?? "input \(inputs.count)", changed.dataset))
            issues += changed.issues
        }
        return (inputs, issues, format)
    }
}
