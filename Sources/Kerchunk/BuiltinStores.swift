// SPDX-License-Identifier: Apache-2.0
// The stores that come with this package.

import KerchunkRemote
public import KerchunkStorage

public enum BuiltinStores {
    public static let directory = StoreDirectory(
        stores: [
            HTTPStore.kind, S3Store.kind, GCSStore.kind, AzureStore.kind, MemoryStore.kind,
        ])

    /// Whether what requests are made with is on this machine; asking opens it.
    public static var canReachNetworks: Bool { NetworkLibrary.isAvailable }
}
