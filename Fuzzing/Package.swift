// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// libFuzzer targets: a package of its own, since their entry points break `swift test`. Run them with Scripts/fuzz.
import PackageDescription

let kerchunk: Target.Dependency = .product(name: "Kerchunk", package: "swift-kerchunk")

/// A program whose entry point is libFuzzer's.
func fuzzer(_ name: String, uses: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name, dependencies: uses + [kerchunk], path: "Sources/\(name)",
        swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "fuzzing",
    dependencies: [.package(name: "swift-kerchunk", path: "..")],
    targets: [
        .target(name: "FuzzArchive", dependencies: [kerchunk], path: "Sources/FuzzArchive"),
        fuzzer("FuzzHDF5"),
        fuzzer("FuzzNetCDF3"),
        fuzzer("FuzzParquet"),
        fuzzer("FuzzPacked"),
        fuzzer("FuzzTAR", uses: ["FuzzArchive"]),
        fuzzer("FuzzZIP", uses: ["FuzzArchive"]),
        fuzzer("FuzzListing"),
        fuzzer("FuzzMarshalled"),
        fuzzer("FuzzJSON"),
        fuzzer("FuzzGRIBField"),
    ]
)
