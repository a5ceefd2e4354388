// SPDX-License-Identifier: Apache-2.0
// Inputs of a combination that cannot be used: they are left out, where that is wanted.

import KerchunkCombining
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import Synchronization

extension CombineRun {
    /// What could be used, and what not.
    struct Found {
        var loaded: [Loaded] = []
        /// By what could be used: its number among all inputs.
        var places: [Int] = []
        var leftOut: [(name: String, error: KerchunkError)] = []
    }

    /// Plans what could be used; inputs whose values cannot be read are left out, too, where that is wanted.
    func plan(_ found: Found, _ library: InputLibrary) throws(KerchunkError) -> CombinedDataset {
        var found = found
        while true {
            if !found.leftOut.isEmpty { library.keepOnly(found.places) }
            var run = self
            run.places = found.places
            do throws(KerchunkError) {
                return try run.plan(
                    found.loaded.map(\.summary),
                    issues: issues(found), leftOut: found.leftOut, library)
            } catch {
                let unread = packedFiles.unread.withLock { unread in
                    defer { unread = [:] }
                    return unread
                }
                guard settings.skipsFailures, error.kind != .cancelled, !unread.isEmpty,
                    unread.count < found.loaded.count, settings.appended == nil || unread[0] == nil
                else { throw error }
                for (number, error) in unread.sorted(by: { $0.key > $1.key }) {
                    found.leftOut.append((inputs[found.places[number]].name, error))
                    found.loaded.remove(at: number)
                    found.places.remove(at: number)
                }
            }
        }
    }

    func issues(_ found: Found) -> [(name: String, issues: [Issue])] {
        zip(found.places, found.loaded).compactMap { place, loaded in
            loaded.issues.isEmpty ? nil : (inputs[place].name, loaded.issues)
        }
    }

    /// Throws where a variable was asked for that none of the scanned files has.
    func checkScannedNames() throws(KerchunkError) {
        guard let name = packedFiles.unmatched.withLock({ $0?.min() }) else { return }
        for case .file(let location) in inputs {
            var options = settings.scanning
            options.included = [name]
            do throws(KerchunkError) {
                _ = try Kerchunk.scan(location, options: options, session: session)
            } catch  where error.kind == .usage {
                // What the first file has instead.
                throw KerchunkError(.usage, error.message, url: location)
            }
        }
    }
}
