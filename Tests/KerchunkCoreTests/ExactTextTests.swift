// SPDX-License-Identifier: Apache-2.0

import KerchunkBytes
import KerchunkModel
import Testing

private let composed = "\u{E9}"
private let decomposed = "e\u{301}"

@Suite struct ExactTextTests {
    @Test func textsAreTheirBytes() {
        #expect(composed == decomposed)
        #expect(ExactText(composed) != ExactText(decomposed))
        #expect(ExactText(composed) == ExactText("\u{E9}"))
        #expect(ExactText(decomposed) < ExactText(composed), "by code points")
        #expect("".isExactly(""))
        #expect(!"a".isExactly("b"))
        #expect(["a", composed].firstExactIndex(of: decomposed) == nil)
    }

    @Test func dictionariesAndSetsHoldBoth() {
        var numbers: [ExactText: [Int]] = [:]
        numbers[composed, default: []].append(1)
        numbers[decomposed, default: []].append(2)
        #expect(numbers[composed] == [1])
        #expect(numbers[decomposed] == [2])
        #expect(Set(exactly: [composed, decomposed, composed]).count == 2)
    }

    @Test(arguments: [0, 30]) func objectsHoldBoth(others: Int) {
        var object = JSONObject((0..<others).map { ("other \($0)", .integer($0)) })
        object[composed] = 1
        object[decomposed] = 2
        #expect(object.count == others + 2)
        #expect(object[composed] == 1)
        #expect(object[decomposed] == 2)
        #expect(Set([object, object]).count == 1)
        var other = object
        other[decomposed] = nil
        #expect(other != object)
        #expect(other[composed] == 1)
        #expect(JSONValue.string(composed) != .string(decomposed))
        #expect(Set([JSONValue.string(composed), .string(decomposed)]).count == 2)
    }

    @Test func groupsHoldBoth() {
        var group = VirtualGroup()
        group[composed] = .group(VirtualGroup(attributes: ["number": 1]))
        group[decomposed] = .group(VirtualGroup(attributes: ["number": 2]))
        group[composed] = nil
        #expect(group.names.map(\.utf8.count) == [3])
        #expect(group[composed] == nil)
    }
}
