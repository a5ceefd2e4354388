// SPDX-License-Identifier: Apache-2.0
// What a reference set says.

package import KerchunkBytes
public import KerchunkModel

/// A dataset as a reference set describes it, and what of the set could not be used.
public struct LoadedReferences: Sendable {
    public var dataset: VirtualDataset
    /// Arrays with metadata that make no sense, and keys that belong to no array.
    public var issues: [Issue]
    /// Zarr version of the metadata: 2 or 3.
    public var zarrFormat = 2
    /// The states of sources that the set records, by URL; also of those that no reference points to.
    package var recordedStamps: [ExactText: SourceStamp] = [:]
}
