// SPDX-License-Identifier: Apache-2.0

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkGRIB

@Suite struct ConceptFileTests {
    private func rows(_ text: String) throws -> [ConceptFile.Row] {
        try ConceptFile(parsing: Bytes(text)).rows
    }

    @Test func rowsHaveNumbersTextsListsAndMissing() throws {
        let found = try rows(
            """
            # a comment
            'my' = {discipline = 0 ; typeOfStatisticalProcessing={0,1};
              stepType="max"; scaledValueOfFirstFixedSurface = missing(); unheardOf=-1;}
            7 = {true=1;}
            """)
        #expect(found.map(\.value) == ["my", "7"])
        #expect(
            found[0].conditions == [
                .init(key: .discipline, wanted: .number(0)),
                .init(key: .typeOfStatisticalProcessing, wanted: .list([0, 1])),
                .init(key: .stepType, wanted: .text("max")),
                .init(key: .scaledValueOfFirstFixedSurface, wanted: .number(CodedKeys.missing)),
                .init(key: nil, wanted: .number(-1)),
            ])
    }

    @Test(arguments: [
        "'a", "'a' = ", "'a' = {", "'a' = {b", "'a' = {b=", "'a' = {b={1", "'a' = {b=x;}", "{}",
        "'a' = {=1;}",
    ])
    func brokenFilesAreRefused(text: String) {
        #expect(throws: ParseError.self) { try rows(text) }
    }

    @Test func aRowOfAMillionConditionsIsRefused() {
        let text = "'a' = {" + String(repeating: "b=1;", count: 1_000_000) + "}"
        #expect(throws: ParseError.self) { try rows(text) }
    }

    @Test func aUsersFileTakesThePlaceOfOurs() throws {
        var lists = ConceptLists.embedded
        lists.replace(
            .init(edition: 2, folder: "kwbc", variant: .current, column: .shortName),
            with: try ConceptFile(
                parsing: Bytes("'mine' = {discipline=0; parameterCategory=191; parameterNumber=200;}")))
        let listing = try FieldListing(MemorySource(HeaderFixture.file), finder: NameFinder(lists: lists))
        #expect(listing.fields.filter { $0.names.shortName == "mine" }.map(\.keys[.parameterNumber]) == [200])
        // what the file does not have is looked up behind it
        #expect(listing.fields.first?.names.shortName == "2t")
    }
}

@Suite struct DefinitionFolderTests {
    @Test func filesAreFoundByTheirPlaces() {
        let place = DefinitionFolder.place(of: "grib2/localConcepts/kwbc/shortName.def", 2)
        #expect(place == .init(edition: 2, folder: "kwbc", variant: .current, column: .shortName))
        #expect(
            DefinitionFolder.place(of: "grib2/paramId.lte33.def", 2)
                == .init(edition: 2, folder: "", variant: .lte33, column: .paramId))
        for other in [
            "grib2/section.4.def", "grib2/local/kwbc/shortName.def", "grib2/shortName.current.def", "grib2",
        ] {
            #expect(DefinitionFolder.place(of: other, 2) == nil)
        }
    }

    @Test func namesOfAFolderAreUsed() throws {
        let store = MemoryStore()
        let upload = try store.begin("grib2/localConcepts/kwbc/shortName.def")
        try upload.write(Array("'mine' = {discipline=0; parameterCategory=191; parameterNumber=200;}".utf8))
        try upload.commit()
        let finder = NameFinder(lists: try DefinitionFolder.lists(store))
        let listing = try FieldListing(MemorySource(HeaderFixture.file), finder: finder)
        #expect(listing.fields.contains { $0.names.shortName == "mine" })
    }

    @Test func aBrokenFileIsNamed() throws {
        let store = MemoryStore()
        let upload = try store.begin("grib1/units.def")
        try upload.write(Array("'m' = {".utf8))
        try upload.commit()
        #expect(throws: KerchunkError.self) { try DefinitionFolder.lists(store) }
    }
}

@Suite struct NameTableTests {
    @Test func allKeysOfConditionsAreKnownButOne() {
        // "atmosphericChemicalConsituentType", which is misspelled, and which no message has
        #expect(NameTable.embedded.keys().filter { $0 == nil }.count == 1)
    }

    @Test func keysHaveTheNamesOfTheirCases() {
        let names = GRIBKey.caseNames.description.split(separator: " ").map(String.init)
        #expect(names == GRIBKey.allCases.map { String(describing: $0) })
    }

    @Test func centresHaveAbbreviations() {
        let lists = ConceptLists.embedded
        #expect(lists.code(.centreOfEdition2, 98)?.short == "ecmf")
        #expect(lists.code(.centreOfEdition1, 7)?.short == "kwbc")
        #expect(lists.code(.centreOfEdition2, 65_000) == nil)
        #expect(lists.code(.gridOfEdition2, 0, version: 34)?.title == "Latitude/longitude")
        #expect(lists.code(.typeOfData, 1, version: 255)?.short == "fc")
    }
}

@Suite struct CalendarTests {
    @Test(arguments: [
        (1970, 1, 1, 0), (2000, 3, 1, 11_017), (1600, 2, 29, -135_081), (1900, 3, 1, -25_508),
        (2026, 11, 29, 20_786),
    ])
    func daysAreThoseOfTheGregorianCalendar(year: Int, month: Int, day: Int, days: Int) {
        #expect(GRIBCalendar.days(year: year, month: month, day: day) == days)
        let date = GRIBCalendar.date(days)
        #expect(date.year == year && date.month == month && date.day == day)
    }

    @Test func datesThatThereAreNotHaveNone() {
        #expect(GRIBCalendar.days(year: 1900, month: 2, day: 29) == nil)
        #expect(GRIBCalendar.days(year: 2000, month: 13, day: 1) == nil)
        #expect(GRIBCalendar.days(year: 0, month: 0, day: 0) == nil)
    }

    @Test func monthsEndWithTheMonth() {
        let start = GRIBCalendar.seconds(year: 2024, month: 1, day: 31, hour: 6, minute: 0, second: 0) ?? 0
        let end = GRIBCalendar.seconds(year: 2024, month: 2, day: 29, hour: 6, minute: 0, second: 0)
        #expect(GRIBCalendar.adding(months: 1, to: start) == end)
        #expect(
            GRIBCalendar.adding(months: -13, to: start)
                == GRIBCalendar.seconds(year: 2022, month: 12, day: 31, hour: 6, minute: 0, second: 0))
    }
}
