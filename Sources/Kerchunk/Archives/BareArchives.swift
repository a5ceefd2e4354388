// SPDX-License-Identifier: Apache-2.0
// What is said where a user names an archive, or a compressed file, and not what is in it.

import KerchunkArchives
import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// The error for a file that is an archive or compressed; nil where it is neither.
/// - Parameter start: its first bytes.
func archiveError(_ start: Bytes, _ source: any ByteSource) -> KerchunkError? {
    if let refusal = CompressedFile.refusal(ofFileStartingWith: start[0..<min(8, start.count)].array) {
        return KerchunkError(.unsupported, refusal)
    }
    let kind: ArchiveKind
    if Archive.isTar(start) {
        kind = .tar
    } else if Archive.isZip(start) || source.name.hasSuffix(".zip") {
        kind = .zip
    } else {
        return nil
    }
    do throws(KerchunkError) {
        return bareArchiveError(try Archive(source, kind: kind))
    } catch {
        return error.kind == .unrecognized ? nil : error
    }
}

/// The error where an archive is named as a whole.
func bareArchiveError(_ archive: Archive) -> KerchunkError {
    let kind = archive.kind.rawValue
    let example = archive.members.first(where: \.isFile)?.name ?? "MEMBER"
    let ending = example.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last
    let pattern = "\(example.contains("/") ? "**/" : "")*\(ending.map { ".\($0)" } ?? "")"
    return KerchunkError(
        .usage,
        "this is a \(kind.uppercased()) archive; \(archive.summary()): name one member as "
            + "\(kind)://\(example)::\(archive.name), or several as '\(kind)://\(pattern)::\(archive.name)'")
}
