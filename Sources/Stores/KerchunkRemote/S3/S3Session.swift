// SPDX-License-Identifier: Apache-2.0
// What a run knows of S3: who it is, where buckets lie, and how far the clock is off.

import KerchunkModel
import KerchunkStorage
import Synchronization

// A class because all files of a run share it.
final class S3Session: BucketService {
    let settings: S3Settings
    let credentials: AWSCredentials
    /// Regions that servers named, by bucket.
    private let regions = Mutex<[String: String]>([:])
    /// Seconds that the server's clock is ahead.
    private let clockOffset = Mutex<Int64>(0)

    init(_ access: StorageAccess) throws {
        settings = try S3Settings(access.options)
        credentials = try AWSCredentials(settings.credentials, access)
    }

    /// The session of the run that `access` belongs to.
    static func shared(_ access: StorageAccess) throws -> S3Session {
        try access.memory.value("s3", for: access.options) { try S3Session(access) }
    }

    /// Where buckets are looked for first.
    var homeRegion: String { settings.region ?? "us-east-1" }

    func region(of bucket: String) -> String { regions.withLock { $0[bucket] } ?? homeRegion }

    /// - Returns: whether that is news.
    func learn(_ region: String, of bucket: String) -> Bool {
        regions.withLock { regions in
            guard S3Settings.isRegion(region), regions[bucket] ?? homeRegion != region else { return false }
            regions[bucket] = region
            return true
        }
    }

    var time: UTCTime { UTCTime(Platform.wallTime + clockOffset.withLock { $0 }) }

    /// - Returns: whether our time is another one now.
    func setClock(to serverTime: Int64) -> Bool {
        clockOffset.withLock { offset in
            let wanted = serverTime - Platform.wallTime
            guard abs(wanted - offset) > 30 else { return false }
            offset = wanted
            return true
        }
    }

    func bucket(_ name: String, _ access: StorageAccess) throws -> ObjectBucket {
        let url = try settings.url(of: name, region: homeRegion)
        var access = access
        if let verifies = settings.verifiesPeer { access.options.values["verify"] = String(verifies) }
        return try ObjectBucket(url: url, signer: S3Signer(self, name, url), access)
    }
}
