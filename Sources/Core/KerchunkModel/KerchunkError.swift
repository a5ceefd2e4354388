// SPDX-License-Identifier: Apache-2.0
// Errors as a user sees them.

public import KerchunkBytes

/// What went wrong, where, and whether trying again may help.
public struct KerchunkError: Error, Sendable, CustomStringConvertible {
    /// What a user or a program can act on.
    public enum Kind: String, Sendable, CaseIterable {
        case notFound = "not-found"
        case permission
        case input
        case malformed
        case unsupported
        case unrecognized
        case changed
        /// Inputs of which several say something of one place.
        case duplicate
        case limit
        case usage
        case output
        case network
        case cancelled
        case issues
    }

    public var kind: Kind
    /// One sentence: lower case, no final stop.
    public var message: String
    /// The file, as a URL or path.
    public var url: String?
    /// The object inside the file: `/group/variable`.
    public var object: String?
    /// The file's format, which says what kind of object that is: `HDF5`.
    public var format: String?
    /// Absolute offset in the file, bytes.
    public var offset: UInt64?
    public var isTransient: Bool
    /// What whoever supplied the bytes knows of it; nil where there is nothing else to know.
    public var cause: (any Error)?

    public init(
        _ kind: Kind, _ message: String, url: String? = nil, object: String? = nil, offset: UInt64? = nil,
        isTransient: Bool = false
    ) {
        self.kind = kind
        self.message = message
        self.url = url
        self.object = object
        self.offset = offset
        self.isTransient = isTransient
    }

    public init(_ error: ParseError, url: String? = nil, object: String? = nil) {
        self.init(
            .malformed, "malformed \(error.structure): \(error.problem)", url: url, object: object,
            offset: error.offset)
    }

    /// Any error as one of ours.
    public init(wrapping error: any Error) {
        switch error {
        case let error as KerchunkError: self = error
        case let error as ParseError: self.init(error)
        default: self.init(.input, "\(error)")
        }
    }

    /// The same error, with the place added where it has none yet.
    public func locating(url: String? = nil, object: String? = nil, format: String? = nil) -> KerchunkError {
        var located = self
        located.url = self.url ?? url
        located.object = self.object ?? object
        located.format = self.format ?? format
        return located
    }

    /// The sentence, and the place in a second line; without what may be secret in URLs, control characters escaped.
    public var description: String {
        var place: [String] = []
        if let url { place.append(withoutControls(shownURL(url))) }
        if let object = object.map({ withoutControls($0) }) {
            place.append(format.map { "\($0) object \(object)" } ?? object)
        }
        if let offset { place.append("byte \(offset)") }
        let sentence = shownText(message)
        return place.isEmpty ? sentence : sentence + "\n  in " + place.joined(separator: ", ")
    }
}

/// The cause of an error where a host has no address, or nothing there listens, so that its other files need not be
/// asked for.
public struct UnreachableHost: Error, Sendable {
    public init() {}
}

/// Something that a scan or a combination left out, and why. Nothing is left out without one.
public struct Issue: Hashable, Sendable {
    /// The object inside the file: `/group/variable`.
    public let object: String
    /// What could not be represented: lower case, no final stop.
    public let reason: String
    /// What the user can do.
    public let remedy: String?
    /// Whether bytes that should be there are broken or missing, and nobody asked for what is left. It does not end a scan,
    /// but a combination, in which a hole would hardly be seen.
    public var isDamage: Bool

    public init(object: String, reason: String, remedy: String? = nil, isDamage: Bool = false) {
        self.object = object
        self.reason = reason
        self.remedy = remedy
        self.isDamage = isDamage
    }
}
