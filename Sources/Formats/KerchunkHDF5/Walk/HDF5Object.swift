// SPDX-License-Identifier: Apache-2.0
// Groups and datasets as the walk found them, before any translation.

import KerchunkBytes
import KerchunkScanning

/// All that an object header says, shared messages resolved.
// A class because it is handed around a lot: a copy would retain each of its parts.
final class HDF5Object: Sendable {
    /// Of the object header, relative to the superblock's base address: the object's identity.
    let address: UInt64
    let kind: Kind
    /// In creation order where tracked, else in the order of the file.
    let attributes: [AttributeMessage]
    /// Attributes or messages that could not be read; the object is usable without them.
    let problems: [ParseError]

    init(address: UInt64, kind: Kind, attributes: [AttributeMessage], problems: [ParseError]) {
        self.address = address
        self.kind = kind
        self.attributes = attributes
        self.problems = problems
    }

    enum Kind: Sendable {
        /// Links in ascending order of the bytes of their names, as h5py lists them; where the group tracks the order of
        /// creation, each link carries its own.
        case group(links: [LinkMessage])
        case dataset(DatasetHeader)
        /// A committed datatype.
        case datatype(Datatype)
    }
}

/// The messages of a dataset.
// A class for the same reason.
final class DatasetHeader: Sendable {
    let dataspace: Dataspace
    let datatype: Datatype
    let fillValue: FillValueMessage
    let layout: DataLayout
    /// Empty for unfiltered data.
    let filters: [Filter]
    /// Empty where the raw data is in this file.
    let externalFiles: [ExternalFileSlot]

    init(
        dataspace: Dataspace, datatype: Datatype, fillValue: FillValueMessage, layout: DataLayout,
        filters: [Filter],
        externalFiles: [ExternalFileSlot]
    ) {
        self.dataspace = dataspace
        self.datatype = datatype
        self.fillValue = fillValue
        self.layout = layout
        self.filters = filters
        self.externalFiles = externalFiles
    }
}

/// One place in the tree of names.
struct HierarchyNode: Sendable {
    /// `/` for the root, else `/a/b`.
    let path: String
    /// Last component of `path`.
    let name: String
    let object: HDF5Object
    /// How the parent names it.
    let link: ObjectLink.Kind
    /// The file the object lives in: nil for the scanned file itself, else the one that an external link led to.
    let file: HDF5File?
}
