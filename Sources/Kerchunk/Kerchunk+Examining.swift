// SPDX-License-Identifier: Apache-2.0
// What reference sets hold, and whether it is still true.

public import KerchunkModel
public import KerchunkReferences

extension Kerchunk {
    /// The values of `coordinate` as text, to name what is missing; nil where they are not embedded.
    public static func labels(of coordinate: VirtualArray) -> CoordinateLabels? {
        CoordinateLabels(coordinate, codecs: BuiltinCodecs.directory)
    }
}
