// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import KerchunkModel

struct NearNamesTests {
    private let names = NearNames(["/tas", "/time", "/lat", "/lon", "/model/pr", "/t"])

    @Test func aFewLettersAreNear() {
        #expect(names.near("tsa") == ["/tas"])
        #expect(names.near("/tiem") == ["/time"])
        #expect(names.near("LAT") == ["/lat"])
        #expect(names.near("wind") == [])
    }

    @Test func theLastPartOfAPathIsNear() {
        #expect(names.near("prr") == ["/model/pr"])
        #expect(names.near("model/prr") == ["/model/pr"])
    }

    @Test func oneLetterIsNearToItselfOnly() {
        #expect(names.near("x") == [])
        #expect(names.near("T") == ["/t"])
    }

    @Test func hintsAreSpelledAsTheNameWas() {
        #expect(names.hint(for: "tsa") == "; did you mean \"tas\"?")
        #expect(names.hint(for: "/tsa") == "; did you mean \"/tas\"?")
        #expect(NearNames(["lat", "lon"]).hint(for: "lan") == "; did you mean \"lat\" or \"lon\"?")
    }

    @Test func withoutANearOneAllAreTold() {
        #expect(NearNames(["a", "b"]).hint(for: "wind") == "; there are: a, b")
        #expect(NearNames(["a", "b"]).shortHint(for: "wind") == "")
        #expect(NearNames([String]()).hint(for: "wind") == "")
        #expect(NearNames((0..<30).map { "v\($0)" }).hint(for: "wind").hasSuffix("v19, …"))
    }
}
