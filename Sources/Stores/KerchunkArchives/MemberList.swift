// SPDX-License-Identifier: Apache-2.0
// The members of an archive, each name once.

import KerchunkBytes
import KerchunkModel

/// Collects members in the order of the archive; a later one replaces an earlier one of its name, as extracting would.
struct MemberList {
    private(set) var members: [ArchiveMember] = []
    /// By name: the position in `members`.
    private(set) var positions: [ExactText: Int] = [:]
    private var nameBytes = 0
    private let limits: ArchiveLimits

    init(limits: ArchiveLimits) { self.limits = limits }

    mutating func add(name: String, size: UInt64, _ content: ArchiveMember.Content) throws(KerchunkError) {
        let name = normalizedMemberName(name)
        // The directory that was archived.
        if name.isEmpty { return }
        let member = ArchiveMember(name: name, size: size, content: content)
        if let position = positions[name] {
            members[position] = member
            return
        }
        nameBytes += name.utf8.count
        guard members.count < limits.members, nameBytes <= limits.names else {
            throw KerchunkError(
                .limit,
                "the archive has more than \(counted(limits.members, "member")), or more than \(limits.names) bytes of names"
            )
        }
        positions[name] = members.count
        members.append(member)
    }
}

/// `name` from the root of the archive: without empty components and those that mean the same directory.
package func normalizedMemberName(_ name: String) -> String {
    let bytes = name.utf8.prefix { $0 != 0 }
    let needsWork =
        bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: ".")
        || bytes.last == UInt8(ascii: "/") || name.contains("//") || name.contains("/./")
        || bytes.count != name.utf8.count || name.hasSuffix("/.")
    guard needsWork else { return name }
    return String(Substring(bytes)).split(separator: "/").filter { $0 != "." }.joined(separator: "/")
}
