// SPDX-License-Identifier: Apache-2.0
// Attributes of variables and groups, as kerchunk writes them: names, order and types of cfgrib.

import KerchunkBytes
import KerchunkGRIBPacking

/// Makes attributes of fields.
struct GRIBAttributes: Sendable {
    private let lists: ConceptLists

    /// What ecCodes gives for a number that is missing.
    private static let missingReal = -1e100
    /// What cfgrib has ecCodes put where a point has no value: the largest single.
    private static let missingValue = Double(Float.greatestFiniteMagnitude)
    /// cfgrib counts steps in hours.
    private static let stepUnits = 1

    init(lists: ConceptLists = .embedded) { self.lists = lists }

    // MARK: Groups

    /// Of the whole message; without `coordinates`.
    func root(_ field: Field) -> JSONObject {
        let number = field.keys[.centre] ?? 0
        let centre = lists.code(field.edition == 1 ? .centreOfEdition1 : .centreOfEdition2, number)
        let description = centre?.title ?? "Unknown code table entry"
        return JSONObject([
            ("GRIB_edition", .integer(field.edition)),
            ("GRIB_centre", .string(centre?.short ?? String(number))),
            ("GRIB_centreDescription", .string(description)),
            ("GRIB_subCentre", .integer(field.keys[.subCentre] ?? 0)), ("institution", .string(description)),
        ])
    }

    // MARK: Variables

    /// Of the variable of `field`.
    func variable(_ field: Field, _ grid: GridDescription?) -> JSONObject {
        var attributes = JSONObject()
        func set(_ name: String, _ value: JSONValue?) {
            if let value { attributes["GRIB_" + name] = value }
        }
        set("paramId", .integer(field.names.paramId))
        set("dataType", dataType(field).map { .string($0) })
        set("numberOfPoints", grid.flatMap { field.pointCount($0) }.map { .integer($0) })
        set("typeOfLevel", field.names.typeOfLevel.map { .string($0) })
        set("stepUnits", field.times.step == nil ? nil : .integer(Self.stepUnits))
        set("stepType", field.names.stepType.map { .string($0) })
        set("gridType", (grid?.type).map { .string($0) })
        set("uvRelativeToGrid", (grid?.isUVRelative).map { .integer($0 ? 1 : 0) })
        set("shortName", .string(field.names.shortName))
        set("units", .string(field.names.units))
        set("name", .string(field.names.name))
        set("cfName", .string(field.names.cfName))
        set("cfVarName", .string(field.names.cfVarName))
        set("missingValue", .real(Self.missingValue))
        set("totalNumber", field.totalNumber.map { .integer($0) })
        set(
            "numberOfDirections",
            (field.keys[.numberOfWaveDirections] ?? field.keys[.numberOfDirections]).map { .integer($0) })
        set(
            "numberOfFrequencies",
            (field.keys[.numberOfWaveFrequencies] ?? field.keys[.numberOfFrequencies]).map { .integer($0) })
        set("NV", (grid?.verticalCount ?? field.keys[.numberOfVerticalCoordinateValues]).map { .integer($0) })
        if let grid {
            let version = field.keys[.tablesVersion] ?? 0
            set(
                "gridDefinitionDescription",
                lists.code(grid.codeTable, grid.layout.template, version: version).map { .string($0.title) })
            for name in Self.gridKeys[grid.type] ?? [] { set(name, value(name, grid)) }
        }
        attributes["long_name"] = .string(field.names.name)
        attributes["units"] = .string(field.names.units)
        attributes["standard_name"] = .string(field.names.cfName)
        return attributes
    }

    /// Analysis or forecast: of ECMWF's local section, else of section 1.
    private func dataType(_ field: Field) -> String? {
        if let type = field.keys[.marsType] { return MarsTypes.name(type) }
        guard let type = field.keys[.typeOfProcessedData] else { return nil }
        return lists.code(.typeOfData, type, version: field.keys[.tablesVersion] ?? 0)?.short ?? String(type)
    }

    private func value(_ name: String, _ grid: GridDescription) -> JSONValue? {
        switch name {
        case "Nx", "Ni": return .integer(grid.columns ?? 0)
        case "Ny", "Nj": return .integer(grid.rows ?? 0)
        case "N": return grid.gaussianNumber.map { .integer($0) }
        case "iScansNegatively": return .integer(grid.layout.scanning.iIsNegative ? 1 : 0)
        case "jScansPositively": return .integer(grid.layout.scanning.jIsPositive ? 1 : 0)
        case "jPointsAreConsecutive": return .integer(grid.layout.scanning.jPointsAreConsecutive ? 1 : 0)
        case "pl":
            guard case .reduced(let counts) = grid.layout.rows else { return nil }
            return .array(counts.map { .integer($0) })
        case "J": return (grid.layout.truncation?.j).map { .integer($0) }
        case "K": return (grid.layout.truncation?.k).map { .integer($0) }
        case "M": return (grid.layout.truncation?.m).map { .integer($0) }
        default:
            guard let number = grid.numbers[name] else { return nil }
            // Lengths of edition 1 are whole metres, and its latitude of them is a copy of another key.
            if grid.verticalCount != nil, Self.wholeKeysOfEdition1.contains(name),
                let number, let whole = Int(exactly: number)
            {
                return .integer(whole)
            }
            return .real(number ?? Self.missingReal)
        }
    }

    private static let wholeKeysOfEdition1: Set<String> = ["DxInMetres", "DyInMetres", "LaDInDegrees"]

    private static let rotatedKeys = [
        "Nx", "Ny", "angleOfRotationInDegrees", "iDirectionIncrementInDegrees", "iScansNegatively",
    ]
    private static let scanKeys = ["jPointsAreConsecutive", "jScansPositively"]
    private static let cornerKeys = [
        "latitudeOfFirstGridPointInDegrees", "latitudeOfLastGridPointInDegrees",
        "latitudeOfSouthernPoleInDegrees",
        "longitudeOfFirstGridPointInDegrees", "longitudeOfLastGridPointInDegrees",
        "longitudeOfSouthernPoleInDegrees",
    ]

    /// Which numbers of a grid become attributes, in this order.
    private static let gridKeys: [String: [String]] = [
        "regular_ll": [
            "Nx", "iDirectionIncrementInDegrees", "iScansNegatively", "longitudeOfFirstGridPointInDegrees",
            "longitudeOfLastGridPointInDegrees", "Ny", "jDirectionIncrementInDegrees",
            "jPointsAreConsecutive",
            "jScansPositively", "latitudeOfFirstGridPointInDegrees", "latitudeOfLastGridPointInDegrees",
        ],
        "rotated_ll": rotatedKeys + ["jDirectionIncrementInDegrees"] + scanKeys + cornerKeys,
        "reduced_ll": [
            "Ny", "jDirectionIncrementInDegrees", "jPointsAreConsecutive", "jScansPositively",
            "latitudeOfFirstGridPointInDegrees", "latitudeOfLastGridPointInDegrees",
        ],
        "regular_gg": [
            "N", "Ni", "Nj", "iDirectionIncrementInDegrees", "iScansNegatively", "jScansPositively",
            "jPointsAreConsecutive", "longitudeOfFirstGridPointInDegrees",
            "longitudeOfLastGridPointInDegrees",
            "latitudeOfFirstGridPointInDegrees", "latitudeOfLastGridPointInDegrees",
        ],
        "rotated_gg": rotatedKeys + scanKeys + cornerKeys + ["N"],
        "lambert": [
            "LaDInDegrees", "LoVInDegrees", "iScansNegatively", "jPointsAreConsecutive", "jScansPositively",
            "latitudeOfFirstGridPointInDegrees", "latitudeOfSouthernPoleInDegrees",
            "longitudeOfFirstGridPointInDegrees", "longitudeOfSouthernPoleInDegrees", "DyInMetres",
            "DxInMetres",
            "Latin2InDegrees", "Latin1InDegrees", "Ny", "Nx",
        ],
        "reduced_gg": ["N", "pl"],
        "sh": ["M", "K", "J"],
    ]
}
