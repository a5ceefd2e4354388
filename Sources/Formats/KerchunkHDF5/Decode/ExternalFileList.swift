// SPDX-License-Identifier: Apache-2.0
// Raw data in other files.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.h "The Data Storage - External Data Files Message".

import KerchunkBytes

/// One run of a contiguous dataset in another file; runs follow each other.
struct ExternalFileSlot: Hashable, Sendable {
    /// As stored; relative names are relative to the file's own folder.
    let name: String
    /// Bytes from the start of that file.
    let offset: UInt64
    /// Bytes; nil where the last run is unlimited.
    let size: UInt64?
}

/// The message itself: names lie in a local heap.
struct ExternalFileListMessage: Hashable, Sendable {
    struct Slot: Hashable, Sendable {
        /// Position in the data of the heap.
        let namePosition: UInt64
        let offset: UInt64
        let size: UInt64?
    }

    let heap: UInt64
    let slots: [Slot]

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("external data files message")
        let version = try cursor.uint8()
        guard version == 1 else { throw cursor.error("version \(version), expected 1") }
        try cursor.skip(3)
        let allocated = Int(try cursor.uint16())
        let used = Int(try cursor.uint16())
        guard used <= allocated else {
            throw cursor.error("\(used) files, but there is room only for \(allocated)")
        }
        heap = try cursor.definedAddress(sizes, of: "heap of file names")
        let unlimited = sizes.length >= 8 ? UInt64.max : (1 << UInt64(8 * sizes.length)) - 1
        var slots: [Slot] = []
        for _ in 0..<used {
            let namePosition = try cursor.length(sizes)
            let offset = try cursor.length(sizes)
            let size = try cursor.length(sizes)
            slots.append(
                Slot(namePosition: namePosition, offset: offset, size: size == unlimited ? nil : size))
        }
        self.slots = slots
    }

    /// The slots with their names.
    func resolved(in names: LocalHeap) throws(ParseError) -> [ExternalFileSlot] {
        var resolved: [ExternalFileSlot] = []
        for slot in slots {
            resolved.append(
                ExternalFileSlot(
                    name: try names.text(at: slot.namePosition).string, offset: slot.offset, size: slot.size))
        }
        return resolved
    }
}
