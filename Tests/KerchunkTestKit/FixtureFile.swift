// SPDX-License-Identifier: Apache-2.0
// Files of the folder Fixtures.

import Glibc
public import KerchunkBytes

/// The bytes of a file below `Fixtures/`; none where it is not there. `KERCHUNK_FIXTURES` names another folder.
public func fixture(_ path: String) -> Bytes {
    let package = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
        separator: "/")
    let folder =
        unsafe getenv("KERCHUNK_FIXTURES").map { unsafe String(cString: $0) } ?? package + "/Fixtures"
    return contents(folder + "/" + path)
}

private func contents(_ path: String) -> Bytes {
    guard let file = unsafe fopen(path, "rb") else { return Bytes() }
    // SAFETY: opened above, closed once; `fread` writes at most the buffer's length.
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        guard count > 0 else { return Bytes(bytes) }
        bytes += buffer[..<count]
    }
}
