// SPDX-License-Identifier: Apache-2.0
// The shared files of credentials and configuration, which all tools of AWS read.
// Spec: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// One profile: settings of both files, nested ones as `s3.addressing_style`.
struct AWSProfile: Sendable {
    let name: String
    /// Of the file of credentials.
    let credentials: [String: String]
    /// Of the file of configuration.
    let configuration: [String: String]
    /// Of the section that `services` names.
    let services: [String: String]

    /// - Parameter name: nil for `AWS_PROFILE`, else `default`.
    /// - Throws: kind `usage` where a profile that was asked for is in no file.
    init(_ name: String?) throws(KerchunkError) {
        let wanted = name ?? environment("AWS_PROFILE") ?? environment("AWS_DEFAULT_PROFILE")
        self.name = wanted ?? "default"
        let secrets = try Self.file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
        let settings = try Self.file("AWS_CONFIG_FILE", "config")
        let section = self.name == "default" ? settings["default"] : nil
        let own = settings["profile \(self.name)"] ?? section
        if let wanted, wanted != "default", secrets[wanted] == nil, own == nil {
            throw KerchunkError(
                .usage,
                "there is no profile \"\(wanted)\" in the files ~/.aws/credentials and ~/.aws/config "
                    + "(AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE)")
        }
        credentials = secrets[self.name] ?? [:]
        configuration = own ?? [:]
        services = (own?["services"]).flatMap { settings["services \($0)"] } ?? [:]
    }

    /// A setting that may stand in both files.
    subscript(name: String) -> String? { credentials[name] ?? configuration[name] }

    /// Settings by section; none where there is no such file.
    private static func file(_ variable: String, _ name: String) throws(KerchunkError) -> [String: [String:
        String]]
    {
        let home = environment("HOME")
        guard var path = environment(variable) ?? home.map({ "\($0)/.aws/\(name)" }) else { return [:] }
        if path.hasPrefix("~/"), let home { path = home + path.dropFirst() }
        guard Platform.exists(path) else { return [:] }
        return sections(of: String(decoding: try Platform.readToEnd(path), as: UTF8.self))
    }

    /// The sections of a file in INI form; indented lines belong to the setting above them.
    static func sections(of text: String) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var section: String?
        var parent: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let isIndented = line.first == " " || line.first == "\t"
            let plain = line.trimmed
            if plain.isEmpty || plain.hasPrefix("#") || plain.hasPrefix(";") { continue }
            if plain.hasPrefix("["), let end = plain.lastIndex(of: "]") {
                section = plain[plain.index(after: plain.startIndex)..<end]
                    .split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
                if let section { sections[section] = sections[section] ?? [:] }
                parent = nil
                continue
            }
            guard let section, let equals = plain.firstIndex(of: "=") else { continue }
            let name = plain[..<equals].trimmed.lowercased()
            let value = plain[plain.index(after: equals)...].trimmed
            if isIndented, let parent {
                sections[section]?["\(parent).\(name)"] = value
            } else {
                parent = name
                sections[section]?[name] = value
            }
        }
        return sections
    }
}
