// SPDX-License-Identifier: Apache-2.0
// What an output directory may take the place of, and what it takes over from it.

public import KerchunkModel

extension AtomicDirectory {
    /// Says early that a directory cannot be put at `path`.
    public static func check(_ path: String, overwrite: Bool, _ kind: Kind) throws(KerchunkError) {
        let text = path.withoutClosingSlashes
        guard Platform.isTaken(text) else { return }
        guard overwrite else { throw AtomicFile.existsAlready(text) }
        do {
            try checkReplaceable(Platform.realPath(text) ?? text, kind)
        } catch {
            throw KerchunkError(error.kind, error.message, url: text)
        }
    }

    /// Throws unless what is at `path` is a directory of that kind and nothing else, or is empty.
    static func checkReplaceable(_ path: String, _ kind: Kind) throws(KerchunkError) {
        guard Platform.statusIfAny(path)?.isDirectory == true else {
            throw KerchunkError(
                .output, "the output exists and is not a directory; remove it first", url: path)
        }
        if let other = try otherFile(in: path, kind) {
            throw KerchunkError(
                .output,
                "the output is a directory with files that do not belong to a \(kind.name), such as \"\(other)\"; "
                    + "it is not replaced: move them away, or choose another place", url: path)
        }
        let marker = path + "/" + kind.marker
        guard Platform.isTaken(marker) else {
            if try Platform.list(path).isEmpty { return }
            throw KerchunkError(
                .output,
                "the output is a directory without \"\(kind.marker)\"; it is not replaced, so choose another place",
                url: path)
        }
        if kind.isOther(try Platform.readToEnd(marker)) {
            throw KerchunkError(
                .output,
                "the output is a directory whose \"\(kind.marker)\" is not that of a \(kind.name); it is not replaced, "
                    + "so choose another place", url: path)
        }
    }

    /// Directories nested deeper are none of ours.
    private static let deepest = 70

    /// A file or link below `path` that cannot be part of a directory of that kind.
    private static func otherFile(
        in path: String, _ kind: Kind, below folder: String = "", depth: Int = 0
    ) throws(KerchunkError) -> String? {
        guard depth < deepest else { return folder }
        for name in try Platform.list(path) {
            let key = folder + name
            let member = path + "/" + name
            if Platform.statusOfName(member)?.isDirectory == true {
                if let other = try otherFile(in: member, kind, below: key + "/", depth: depth + 1) {
                    return other
                }
            } else if key != kind.marker, !kind.isPart(key), !AtomicFile.isTemporary(name) {
                return key
            }
        }
        return nil
    }

    /// Gives what was made the permissions of what it replaces: directories those of its directory, files those of its
    /// marker.
    func takeModes() {
        guard let folder = Platform.statusIfAny(place), folder.isDirectory,
            let own = Platform.statusIfAny(temporaryPath)
        else { return }
        let file = Platform.statusIfAny(place + "/" + kind.marker)
        let ownFile = Platform.statusIfAny(temporaryPath + "/" + kind.marker)
        guard folder.mode != own.mode || file?.mode != ownFile?.mode else { return }
        Self.setModes(below: temporaryPath, folders: folder.mode, files: file?.mode)
    }

    private static func setModes(below path: String, folders: UInt32, files: UInt32?) {
        for name in (try? Platform.list(path)) ?? [] {
            let member = path + "/" + name
            if Platform.statusOfName(member)?.isDirectory == true {
                setModes(below: member, folders: folders, files: files)
            } else if let files {
                Platform.setMode(member, files)
            }
        }
        Platform.setMode(path, folders)
    }
}
