// SPDX-License-Identifier: Apache-2.0
// What is wrong with bytes, and where.

/// Bytes that do not say what their format demands.
public struct ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was found and what was expected: lower case, no final stop.
    public let problem: String
    /// The structure being read, in the words of its specification.
    public let structure: String
    /// Absolute offset in the file, bytes.
    public let offset: UInt64

    public init(_ problem: String, in structure: String, at offset: UInt64) {
        self.problem = problem
        self.structure = structure
        self.offset = offset
    }

    public var description: String { "malformed \(structure): \(problem) (byte \(offset))" }
}
