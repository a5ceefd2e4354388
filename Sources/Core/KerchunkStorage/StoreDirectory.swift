// SPDX-License-Identifier: Apache-2.0
// Which store a URL means.

public import KerchunkModel

/// A kind of store, such as all web servers.
public struct StoreKind: Sendable {
    /// Schemes of its URLs, in lower case; `*` for all that no other kind has.
    public let schemes: [String]
    /// Names of the options that it knows.
    public let options: [String]
    /// Makes a store whose keys are whole URLs.
    public let make: @Sendable (StorageAccess) throws -> any ObjectStore

    public init(
        schemes: [String], options: [String],
        make: @escaping @Sendable (StorageAccess) throws -> any ObjectStore
    ) {
        self.schemes = schemes
        self.options = options
        self.make = make
    }
}

/// Stores by scheme.
public struct StoreDirectory: Sendable {
    public let stores: [StoreKind]

    public init(stores: [StoreKind]) {
        self.stores = stores
    }

    /// Names of all options that some store knows, sorted.
    public var optionNames: [String] {
        Set(stores.flatMap(\.options)).sorted()
    }

    /// - Throws: kind `usage` where no store knows one of the options.
    public func check(_ options: StorageOptions) throws(KerchunkError) {
        let known = optionNames
        for name in options.values.keys.sorted() where !known.contains(name) {
            throw KerchunkError(
                .usage,
                "unknown storage option \"\(name)\"; known options: \(known.joined(separator: ", "))")
        }
    }

    /// The store behind URLs of `scheme`.
    public func store(_ scheme: String, _ access: StorageAccess) throws -> any ObjectStore {
        let own = stores.first { $0.schemes.contains(scheme) }
        guard let kind = own ?? stores.first(where: { $0.schemes.contains("*") }) else {
            let known = (["file"] + stores.flatMap(\.schemes)).map { "\"\($0)://\"" }.joined(separator: ", ")
            throw KerchunkError(
                .unsupported,
                "URLs that start with \"\(scheme)://\" are not supported; supported are: \(known)")
        }
        return try kind.make(access)
    }
}
