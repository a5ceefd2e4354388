// SPDX-License-Identifier: Apache-2.0
// The objects of a graph as the shared naming sees them.

import KerchunkBytes
import KerchunkScanning

extension ObjectGraph: LinkedObjects {
    func linked(_ key: ObjectKey) -> LinkedObject? {
        switch object(key) {
        case nil: return nil
        case .failure(let error): return .failure(error)
        case .success(let object):
            guard case .group(let links) = object.kind else { return .other(problems: object.problems) }
            let group = LinkedGroup(links.count) {
                ObjectLink(links[$0].name, links[$0].kind)
            } target: { [self] index in
                switch target(of: links[index], index, in: key) {
                case .object(let key): .object(key)
                case .needs: .nothing("its object was not read")
                case .nothing(let reason): .nothing(links[index].description(of: reason))
                }
            }
            return .group(group, problems: object.problems)
        }
    }
}

extension LinkMessage {
    fileprivate var kind: ObjectLink.Kind {
        switch target {
        case .hard: .hard
        case .soft, .userDefined: .soft
        case .external: .external
        }
    }

    fileprivate func description(of reason: String) -> String {
        switch target {
        case .hard: reason
        case .soft(let path): "soft link to \"\(path)\" is broken: \(reason)"
        case .external(let file, let path):
            "external link to \"\(path)\" in \"\(file)\" is broken: \(reason)"
        case .userDefined: "user-defined link: \(reason)"
        }
    }
}
