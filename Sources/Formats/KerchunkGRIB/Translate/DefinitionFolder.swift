// SPDX-License-Identifier: Apache-2.0
// Concept files of a user, in a folder that is laid out as ecCodes' definitions: grib2/localConcepts/kwbc/shortName.def.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// What a user's folder adds to the program's names.
enum DefinitionFolder {
    /// Files that are looked at; ecCodes' folder has fewer than 7,000.
    private static let largestCount = 20_000

    /// The program's lists, with those files in their place that `folder` has.
    /// - Throws: where the folder cannot be read, or one of its concept files is none.
    static func lists(_ folder: any ObjectStore, _ start: ConceptLists = .embedded) throws -> ConceptLists {
        var lists = start
        let folders = try folder.listLevel(prefix: "grib").folders
        for edition in [UInt8(1), 2] where folders.contains("grib\(edition)/") {
            let objects = try folder.list(prefix: "grib\(edition)/")
            guard objects.count <= largestCount else {
                throw KerchunkError(
                    .limit,
                    "\(objects.count) files of GRIB definitions, at most \(largestCount) are looked at")
            }
            for object in objects {
                guard let place = place(of: object.key, edition) else { continue }
                guard object.size <= UInt64(ConceptFile.largestSize) else {
                    throw KerchunkError(
                        .limit,
                        "\(object.key) has \(object.size) bytes, at most \(ConceptFile.largestSize) are read")
                }
                let source = try folder.open(object.key)
                let text = try source.read(ByteRange(0..<source.size()))
                do throws(ParseError) {
                    lists.replace(place, with: try ConceptFile(parsing: text))
                } catch {
                    var failure = KerchunkError(error)
                    failure.url = source.name
                    throw failure
                }
            }
        }
        return lists
    }

    /// What list a file is; nil for one of another kind.
    static func place(of key: String, _ edition: UInt8) -> ConceptLists.Place? {
        var parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.first == "grib\(edition)", let name = parts.popLast() else { return nil }
        let folder: String
        switch parts.count {
        case 1: folder = ""
        case 3 where parts[1] == "localConcepts": folder = parts[2]
        default: return nil
        }
        let words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard words.last == "def", (2...3).contains(words.count), let column = columns[words[0]] else {
            return nil
        }
        let ending = words.count == 3 ? words[1] : "current"
        guard let variant = NameVariant.allCases.first(where: { "\($0)" == ending }),
            words.count == 2 || variant != .current
        else { return nil }
        return .init(edition: edition, folder: folder, variant: variant, column: column)
    }

    private static let columns: [String: NameColumn] = [
        "shortName": .shortName, "paramId": .paramId, "name": .name, "units": .units, "cfName": .cfName,
        "cfVarName": .cfVarName, "typeOfLevel": .typeOfLevel, "typeOfLevelConcept": .typeOfLevel,
        "stepType": .stepType, "MTG2SwitchConcept": .modernSwitch,
        "MTG2SwitchViaTablesVersionConcept": .switchByTablesVersion,
    ]
}
