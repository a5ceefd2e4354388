// SPDX-License-Identifier: Apache-2.0
// One combination from its inputs to a written reference set, as commands, callers and workers go through it.

public import KerchunkCombining

/// What is wished of a combination, how the work goes about it, and what it is done with. Its steps are in `Steps.swift`.
public struct BuildJob: Sendable {
    public var request: CombineRequest
    public var settings: CombineSettings
    public var session: Session
    /// Whether an output that exists is replaced. What inputs are appended to is in any case.
    public var overwrites = false
    /// How many seconds to wait for others that append to the same output.
    public var appendWait: UInt64 = 600

    public init(
        request: CombineRequest = CombineRequest(), settings: CombineSettings = CombineSettings(),
        session: Session = Session()
    ) {
        self.request = request
        self.settings = settings
        self.session = session
    }

    /// What came of a job.
    public struct Outcome: Sendable {
        /// References to chunks that were written, inline ones included; nil where all of them were there before they were
        /// appended, so that the output stays as it is.
        public let references: UInt64?
        public let combined: CombinedDataset
    }
}
