// SPDX-License-Identifier: Apache-2.0
// What tells one combination from another, so that only the same one is resumed.

public import KerchunkBytes
import KerchunkModel
import KerchunkReferences

extension CombinePlan {
    /// Takes in all that decides on the output's bytes: the inputs and their states, and what is taken from where.
    public func combine(into fingerprint: inout Fingerprint) {
        for (name, stamp) in zip(inputs, stamps) {
            fingerprint.combine(name)
            fingerprint.combine(stamp.json.serializedText)
        }
        for (path, attributes) in groups {
            fingerprint.combine(path)
            fingerprint.combine(JSONValue.object(attributes).serialized())
        }
        for planned in arrays {
            fingerprint.combine(planned.path)
            fingerprint.combine(JSONValue.object(planned.array.document).serialized())
            switch planned.content {
            case .values(let bytes): fingerprint.combine(bytes)
            case .copied(let part): part.combine(into: &fingerprint)
            case .joined(let join):
                for axis in join.axes {
                    fingerprint.combine(UInt64(axis.number))
                    for start in axis.starts { fingerprint.combine(start) }
                }
                for part in join.parts {
                    part.source.combine(into: &fingerprint)
                    for run in part.runs.joined() {
                        for number in [run.start, run.count, run.position] { fingerprint.combine(number) }
                    }
                }
                for cell in join.cells { fingerprint.combine(UInt64(bitPattern: Int64(cell))) }
            }
        }
    }
}

extension ArrayPlan.ArrayPart {
    fileprivate func combine(into fingerprint: inout Fingerprint) {
        fingerprint.combine(UInt64(input))
        fingerprint.combine(path)
        for length in gridShape { fingerprint.combine(length) }
        fingerprint.combine(splitFactor)
    }
}

extension JSONObject {
    fileprivate var serializedText: String { JSONValue.object(self).serialized() }
}
