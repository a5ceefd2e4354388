// SPDX-License-Identifier: Apache-2.0
// What a behaviour suite finds wrong.
//
// A suite gives its findings back instead of recording them, so that a test is `#expect(checkX(…) == [])`, and a test of the
// suite itself asks which sentence a planted fault gets.

import KerchunkBytes
import KerchunkModel

// A class because the checks of a suite write into one.
final class Findings {
    /// Sentences, the first `limit` of them.
    private(set) var list: [String] = []
    private static let limit = 20

    func add(_ sentence: String) {
        if list.count < Self.limit { list.append(sentence) }
    }

    func expect(_ isTrue: Bool, _ sentence: @autoclosure () -> String) {
        if !isTrue { add(sentence()) }
    }

    /// Runs what must not throw.
    /// - Returns: nil where it did.
    func result<Value>(_ what: String, _ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch {
            add("\(what) throws: \(error)")
            return nil
        }
    }

    /// Runs what may fail, but only with an error that has a place and words.
    /// - Returns: the value or the error.
    func outcome<Value>(_ what: @autoclosure () -> String, _ body: () throws -> Value) -> Result<
        Value, KerchunkError
    > {
        do {
            return .success(try body())
        } catch {
            if !(error is KerchunkError), !(error is ParseError) {
                add("\(what()): an error of type \(type(of: error))")
            }
            return .failure(KerchunkError(wrapping: error))
        }
    }

    /// Runs what must fail.
    /// - Returns: nil where it did not.
    @discardableResult
    func failure<Value>(
        _ what: @autoclosure () -> String, _ kinds: Set<KerchunkError.Kind> = [], _ body: () throws -> Value
    ) -> KerchunkError? {
        switch outcome(what(), body) {
        case .success:
            add("\(what()): no error")
            return nil
        case .failure(let error):
            expect(
                kinds.isEmpty || kinds.contains(error.kind), "\(what()): an error of kind \(error.kind)")
            return error
        }
    }
}

/// Numbers that follow from a seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// Lengths of prefixes to try of `count` bytes: all, or about `most`.
func prefixLengths(of count: Int, most: Int) -> StrideTo<Int> {
    stride(from: 0, to: count, by: max(1, (count + most - 1) / most))
}
