// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// libFuzzer targets: a package of its own, since their entry points break `swift test`. Run them with Scripts/fuzz.
import PackageDescription

let package = Package(
    name: "fuzzing",
    dependencies: [.package(name: "swift-kerchunk", path: "..")],
    targets: [
        .executableTarget(
            name: "FuzzHDF5", dependencies: [.product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzHDF5", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .executableTarget(
            name: "FuzzNetCDF3", dependencies: [.product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzNetCDF3", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .executableTarget(
            name: "FuzzParquet", dependencies: [.product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzParquet", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .executableTarget(
            name: "FuzzPacked", dependencies: [.product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzPacked", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .target(
            name: "FuzzArchive", dependencies: [.product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzArchive"),
        .executableTarget(
            name: "FuzzTAR",
            dependencies: ["FuzzArchive", .product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzTAR", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .executableTarget(
            name: "FuzzZIP",
            dependencies: ["FuzzArchive", .product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzZIP", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .executableTarget(
            name: "FuzzListing", dependencies: [.product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzListing", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .executableTarget(
            name: "FuzzMarshalled", dependencies: [.product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzMarshalled", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .executableTarget(
            name: "FuzzJSON", dependencies: [.product(name: "Kerchunk", package: "swift-kerchunk")],
            path: "Sources/FuzzJSON", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
    ]
)
