// SPDX-License-Identifier: Apache-2.0
// What a scan has to say about one variable: in one wording for all formats.

import KerchunkBytes
package import KerchunkModel

/// Why a variable is left out.
public struct LeftOut: Error {
    public let reason: String
    /// What the user can do.
    public let remedy: String?
    /// Whether bytes that should be there are broken or missing.
    public let isDamage: Bool

    public init(_ reason: String, remedy: String? = nil, isDamage: Bool = false) {
        self.reason = reason
        self.remedy = remedy
        self.isDamage = isDamage
    }
}

/// Something of a variable that is not as in the file.
public struct Remark: Hashable, Sendable {
    /// Lower case, no final stop.
    public let text: String
    public let remedy: String?
    public let isDamage: Bool

    public init(_ text: String, remedy: String? = nil, isDamage: Bool = false) {
        self.text = text
        self.remedy = remedy
        self.isDamage = isDamage
    }

    /// Bytes that should be there are missing.
    public static func lost(_ text: String) -> Remark {
        Remark(text, remedy: "get the complete file", isDamage: true)
    }

    func issue(of path: String) -> Issue {
        Issue(object: path, reason: text, remedy: remedy, isDamage: isDamage)
    }
}

extension Issue {
    /// That the variable at `path` is left out because of `error`.
    /// - Throws: `error`, where it says nothing about the variable: the scan was cancelled, or may find it if it is tried again.
    package init(leavingOut path: String, because error: any Error) throws {
        if let left = error as? LeftOut {
            self.init(
                object: path, reason: "left out: \(left.reason)", remedy: left.remedy, isDamage: left.isDamage
            )
            return
        }
        let error = KerchunkError(wrapping: error)
        if error.isOfTheWholeScan { throw error }
        let place = error.offset.map { " (byte \($0))" } ?? ""
        self.init(
            object: path, reason: "left out: \(error.message)\(place)", isDamage: error.kind == .malformed)
    }
}

extension KerchunkError {
    /// Whether it says nothing about the variable where it came up: the same scan may find all of it.
    package var isOfTheWholeScan: Bool { kind == .cancelled || isTransient }
}
