// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// The layer table: one line a module, lower layers first. A module may import only what its line names.
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
]

/// A module of ours in `Sources/<folder>/<name>`.
func module(
    _ name: String, in folder: String, uses modules: [String] = [], settings: [SwiftSetting] = []
) -> Target {
    .target(
        name: name, dependencies: modules.map { .init(stringLiteral: $0) },
        path: folder.isEmpty ? "Sources/\(name)" : "Sources/\(folder)/\(name)",
        swiftSettings: strict + settings)
}

/// A Debian C library behind a module map in `Sources/<folder>/<name>`.
func library(_ name: String, in folder: String = "Codecs", package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(folder)/\(name)", providers: [.apt([package])])
}

func tests(_ name: String, uses modules: [String]) -> Target {
    .testTarget(
        name: name, dependencies: modules.map { .init(stringLiteral: $0) }, path: "Tests/\(name)",
        swiftSettings: strict)
}

/// The library behind Python links only with flags that a manifest must not hold, so it is there only for Scripts/library.
let sharedLibrary: [Product] =
    Context.environment["KERCHUNK_SHARED_LIBRARY"] == nil
    ? [] : [.library(name: "KerchunkCABI", type: .dynamic, targets: ["KerchunkCABI"])]

let package = Package(
    name: "swift-kerchunk",
    products: [
        .library(name: "Kerchunk", targets: ["Kerchunk"]),
        .executable(name: "kerchunk", targets: ["KerchunkCLI"]),
    ] + sharedLibrary,
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        // 0 · bytes
        module("KerchunkBytes", in: "Core", settings: [.enableExperimentalFeature("Lifetimes")]),
        // 1 · model and storage
        module("KerchunkModel", in: "Core", uses: ["KerchunkBytes"]),
        module("KerchunkStorage", in: "Core", uses: ["KerchunkBytes", "KerchunkModel"]),
        // 2 · contracts
        module("KerchunkCodecs", in: "Core", uses: ["KerchunkBytes", "KerchunkModel"]),
        module(
            "KerchunkScanning", in: "Core",
            uses: ["KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs", "KerchunkReading"]),
        module(
            "KerchunkParquet", in: "Core",
            uses: ["KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs"]),
        module(
            "KerchunkReading", in: "Core",
            uses: ["KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs"]),
        // 3 · formats, codecs, references
        module(
            "KerchunkHDF5", in: "Formats",
            uses: [
                "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs", "KerchunkScanning",
            ]),
        module(
            "KerchunkNetCDF3", in: "Formats",
            uses: ["KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkScanning"]),
        .target(
            name: "CGRIBNames", path: "Sources/Formats/CGRIBNames", exclude: ["GRIBNames.bin", "LICENSE"]),
        module(
            "KerchunkGRIB", in: "Formats",
            uses: [
                "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkScanning",
                "KerchunkGRIBPacking",
                "CGRIBNames",
            ]),
        library("CZlib", package: "zlib1g-dev"),
        library("CZstd", package: "libzstd-dev"),
        library("CLZ4", package: "liblz4-dev"),
        library("CAEC", package: "libaec-dev"),
        library("CBzip2", package: "libbz2-dev"),
        module(
            "KerchunkCompression", in: "Codecs",
            uses: [
                "KerchunkBytes", "KerchunkModel", "KerchunkCodecs", "CZlib", "CZstd", "CLZ4", "CAEC",
                "CBzip2",
            ]),
        library("COpenJPEG", package: "libopenjp2-7-dev"),
        module(
            "KerchunkGRIBPacking", in: "Codecs",
            uses: ["KerchunkBytes", "KerchunkModel", "KerchunkCodecs", "CZlib", "CAEC", "COpenJPEG"]),
        module(
            "KerchunkReferences", in: "References",
            uses: [
                "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs", "KerchunkParquet",
                "KerchunkReading",
            ]),
        .target(name: "CCurl", path: "Sources/Stores/CCurl"),
        library("CCrypto", in: "Stores", package: "libssl-dev"),
        library("CExpat", in: "Stores", package: "libexpat1-dev"),
        module(
            "KerchunkRemote", in: "Stores",
            uses: ["KerchunkBytes", "KerchunkModel", "KerchunkStorage", "CCurl", "CCrypto", "CExpat"]),
        module(
            "KerchunkArchives", in: "Stores", uses: ["KerchunkBytes", "KerchunkModel", "KerchunkStorage"]),
        // 4 · datasets
        module(
            "KerchunkCombining", in: "Datasets",
            uses: [
                "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs", "KerchunkReferences",
                "KerchunkReading",
            ]),
        // 5 · facade
        module(
            "Kerchunk", in: "",
            uses: [
                "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs", "KerchunkScanning",
                "KerchunkReferences", "KerchunkHDF5", "KerchunkNetCDF3", "KerchunkCompression",
                "KerchunkGRIBPacking",
                "KerchunkCombining", "KerchunkReading", "KerchunkRemote", "KerchunkArchives",
            ]),
        // 6 · interfaces
        .executableTarget(
            name: "KerchunkCLI",
            dependencies: [
                "Kerchunk", "COldGlibc", "CMemoryLimit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Interfaces/KerchunkCLI", swiftSettings: strict),
        module("KerchunkCABI", in: "Interfaces", uses: ["Kerchunk", "COldGlibc"]),
        .target(name: "COldGlibc", path: "Sources/Interfaces/COldGlibc"),
        .target(name: "CMemoryLimit", path: "Sources/Interfaces/CMemoryLimit"),
        // tests
        .target(
            name: "KerchunkTestKit",
            dependencies: [
                "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs", "KerchunkScanning",
                "KerchunkReading",
            ],
            path: "Tests/KerchunkTestKit", swiftSettings: strict),
        .executableTarget(
            name: "store-tool",
            dependencies: [
                "KerchunkRemote", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
            ], path: "Tests/StoreTool", swiftSettings: strict),
        tests(
            "KerchunkCoreTests",
            uses: [
                "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkScanning",
                "KerchunkCodecs", "KerchunkCompression", "KerchunkReading",
            ]),
        tests(
            "KerchunkParquetTests",
            uses: [
                "KerchunkParquet", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
                "KerchunkCodecs", "KerchunkCompression",
            ]),
        tests(
            "KerchunkReferencesTests",
            uses: [
                "KerchunkReferences", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
                "KerchunkCodecs", "KerchunkCompression",
                "KerchunkReading",
            ]),
        tests(
            "KerchunkCombiningTests",
            uses: [
                "KerchunkCombining", "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkCodecs",
                "KerchunkReferences",
                "KerchunkReading",
            ]),
        tests(
            "KerchunkTests",
            uses: [
                "Kerchunk", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
                "KerchunkScanning", "KerchunkCodecs", "KerchunkCombining",
            ]),
        tests("KerchunkCABITests", uses: ["KerchunkCABI", "Kerchunk", "KerchunkTestKit"]),
        tests(
            "KerchunkHDF5Tests",
            uses: [
                "KerchunkHDF5", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
                "KerchunkScanning", "KerchunkCodecs", "KerchunkCompression",
            ]),
        tests(
            "KerchunkArchivesTests",
            uses: [
                "KerchunkArchives", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
            ]),
        tests(
            "KerchunkNetCDF3Tests",
            uses: [
                "KerchunkNetCDF3", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
                "KerchunkScanning",
            ]),
        tests(
            "KerchunkRemoteTests",
            uses: [
                "KerchunkRemote", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
            ]),
        tests(
            "KerchunkCompressionTests",
            uses: [
                "KerchunkCompression", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkCodecs",
            ]),
        tests(
            "KerchunkGRIBTests",
            uses: [
                "KerchunkGRIB", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkStorage",
                "KerchunkScanning", "KerchunkGRIBPacking",
            ]),
        .executableTarget(
            name: "grib-fields",
            dependencies: [
                "KerchunkGRIB", "KerchunkBytes", "KerchunkModel", "KerchunkStorage", "KerchunkScanning",
            ],
            path: "Tests/GRIBFields", swiftSettings: strict),
        tests(
            "KerchunkGRIBPackingTests",
            uses: [
                "KerchunkGRIBPacking", "KerchunkTestKit", "KerchunkBytes", "KerchunkModel", "KerchunkCodecs",
            ]),
    ]
)
