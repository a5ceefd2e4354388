// SPDX-License-Identifier: Apache-2.0
// How datasets are joined: options of all commands that take part in that.

public import ArgumentParser
public import Kerchunk

/// The options of commands that combine.
struct JoiningArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Dimensions to concatenate along, outermost first; by default those that differ between the inputs.",
            valueName: "names"))
    var concatDim: [String] = []

    @Option(
        help: ArgumentHelp(
            "Variables to take from the first input without comparing them.", valueName: "names"
        ))
    var identicalDim: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Where the values of a dimension come from, as NAME=SELECTOR: data:VARIABLE, cf:VARIABLE, \
            attr:NAME, vattr:VARIABLE:NAME, index, varname, regex:PATTERN and date:FORM:PATTERN on the name \
            of the input, date:FORM:VARIABLE, list:A,B,C, or a constant. The name "var" is the output's \
            name of an input's variable.
            """, valueName: "rule"))
    var coord: [String] = []

    @Option(
        help: ArgumentHelp(
            "The dtype of a coordinate, as NAME=TYPE: i4, f8, M8[ns], S10, U.", valueName: "rule"))
    var coordDtype: [String] = []

    @Option(help: "coordinates: place inputs by their coordinate values; input: in the order given.")
    var order = CombineRequest.Order.coordinates

    @Option(help: "What to do with inputs that have the same coordinate values: error, first or last.")
    var duplicates = CombineRequest.Duplicates.error

    @Option(
        help:
            "What to do with variables that some inputs lack: error, union (keep, with gaps) or intersection (leave out)."
    )
    var absent = CombineRequest.Absences.error

    @Option(
        help: ArgumentHelp(
            "Fill value for a variable that has none and gets gaps, as NAME=VALUE.", valueName: "rule"))
    var fillValue: [String] = []

    @Option(
        help: ArgumentHelp(
            "Read and write inline variables of at most so many bytes that cannot be combined by reference.",
            valueName: "size"))
    var loadThreshold = ByteCount(1 << 20)

    @Option(
        help: ArgumentHelp("Variables to read and write inline, whatever their size.", valueName: "names"))
    var load: [String] = []

    @Flag(help: "Split uncompressed chunks where inputs would meet inside them.")
    var subchunk = false

    @Option(
        help: ArgumentHelp(
            "Checks to skip: \(CombineRequest.Check.allCases.map(\.rawValue).joined(separator: ", ")). Values that differ are then wrong or lost.",
            valueName: "checks"))
    var override: [String] = []

    @Flag(
        help: "Follow the rules of kerchunk's MultiZarrToZarr: variables gain the dimensions that they lack.")
    var kerchunkRules = false

    @Option(help: ArgumentHelp("Variables to leave out of all inputs.", valueName: "names"))
    var drop: [String] = []

    @Option(help: ArgumentHelp("Rename a variable of all inputs, as OLD=NEW.", valueName: "rule"))
    var rename: [String] = []

    @Option(
        help: ArgumentHelp(
            "Rename a dimension and its coordinate in all inputs, as OLD=NEW.", valueName: "rule"))
    var renameDim: [String] = []

    @Option(
        help: ArgumentHelp(
            "Set an attribute of the result, as NAME=VALUE, or VARIABLE:NAME=VALUE; VALUE may be JSON.",
            valueName: "rule"))
    var setAttr: [String] = []

    @Option(
        help: ArgumentHelp("Delete an attribute of the result: NAME, or VARIABLE:NAME.", valueName: "name"))
    var deleteAttr: [String] = []

    @Option(
        help: ArgumentHelp(
            "The protocol of URLs of references that have none, for reading values: s3, gs, https.",
            valueName: "protocol"))
    var remoteProtocol: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A storage option only for the files behind references. Repeatable.", valueName: "name=value"))
    var remoteOption: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A storage option only for the reference sets. Repeatable.", valueName: "name=value"))
    var targetOption: [String] = []

    /// What the joining is done with: inputs, the files that references name, and the output each have their own options.
    func session(_ storage: StorageArguments) throws -> Session {
        var session = try storage.session()
        session.outputs = session.files
        var inputs = try storage.files(adding: targetOption)
        inputs.trust.bareProtocol = remoteProtocol
        session.files = inputs
        var sources = try storage.files(adding: remoteOption)
        sources.remoteProtocol = remoteProtocol
        session.sources = sources
        return session
    }

    func request() throws -> CombineRequest {
        var request = CombineRequest()
        request.concatDimensions = Self.list(concatDim)
        request.identicalDimensions = Self.list(identicalDim)
        for rule in coord {
            let (name, text) = try Self.pair(rule, "--coord", "NAME=SELECTOR")
            request.coordinates.append(.init(name, try CoordinateSelector(parsing: text)))
        }
        for rule in coordDtype {
            let (name, text) = try Self.pair(rule, "--coord-dtype", "NAME=TYPE")
            request.setType(try DataType(userName: text), ofCoordinate: name)
        }
        request.order = order
        request.duplicates = duplicates
        request.absences = absent
        for rule in fillValue {
            let (name, text) = try Self.pair(rule, "--fill-value", "NAME=VALUE")
            request.setFillValue(CoordinateKey(text: text), of: name)
        }
        request.loadThreshold = loadThreshold.bytes
        request.loaded = Self.list(load)
        request.subchunks = subchunk
        for name in Self.list(override) {
            guard let check = CombineRequest.Check(rawValue: name) else {
                let known = CombineRequest.Check.allCases.map(\.rawValue)
                throw ValidationError(
                    "unknown --override \"\(name)\"\(NearNames(known).hint(for: name))")
            }
            request.overrides.insert(check)
        }
        request.semantics = kerchunkRules ? .kerchunk : .xarray
        if !drop.isEmpty { request.preprocessing.append(.drop(Self.list(drop))) }
        for rule in rename {
            let (old, new) = try Self.pair(rule, "--rename", "OLD=NEW")
            request.preprocessing.append(.rename(variable: old, to: new))
        }
        for rule in renameDim {
            let (old, new) = try Self.pair(rule, "--rename-dim", "OLD=NEW")
            request.preprocessing.append(.renameDimension(old, to: new))
        }
        for rule in setAttr {
            let (place, text) = try Self.pair(rule, "--set-attr", "NAME=VALUE")
            let (variable, name) = Self.attribute(place)
            let value = (try? JSONScanner.parse(Bytes(text))) ?? .string(text)
            request.postprocessing.append(.setAttribute(variable: variable, name: name, value: value))
        }
        for place in deleteAttr {
            let (variable, name) = Self.attribute(place)
            request.postprocessing.append(.deleteAttribute(variable: variable, name: name))
        }
        return request
    }

    /// Names that are given one by one, or with commas.
    private static func list(_ texts: [String]) -> [String] {
        texts.flatMap { $0.split(separator: ",").map(String.init) }
    }

    private static func pair(_ rule: String, _ option: String, _ form: String) throws -> (String, String) {
        guard let equals = rule.firstIndex(of: "="), equals != rule.startIndex else {
            throw ValidationError("\(option) must be \(form), not \"\(rule)\"")
        }
        return (String(rule[..<equals]), String(rule[rule.index(after: equals)...]))
    }

    private static func attribute(_ place: String) -> (variable: String?, name: String) {
        guard let colon = place.firstIndex(of: ":") else { return (nil, place) }
        return (String(place[..<colon]), String(place[place.index(after: colon)...]))
    }
}

extension CombineRequest.Order: ExpressibleByArgument {}
extension CombineRequest.Duplicates: ExpressibleByArgument {}
extension CombineRequest.Absences: ExpressibleByArgument {}
