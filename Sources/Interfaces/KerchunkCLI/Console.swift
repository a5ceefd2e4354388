// SPDX-License-Identifier: Apache-2.0
// Lines for people, on standard error, and the progress bar that must not get between them.

import Kerchunk
import Synchronization

enum Console {
    /// The progress line that is on the terminal now; lines go above it.
    private static let progressLine = Mutex("")

    /// Writes `text` and a line break to standard error; where that fails there is nobody to tell.
    static func writeError(_ text: String) {
        let text = withoutControls(withoutSecrets(SystemText.shown(text)), keepsLines: true)
        progressLine.withLock { line in
            try? Platform.write((line.isEmpty ? "" : "\r\u{1B}[K") + text + "\n" + line, to: 2)
        }
    }

    /// Says what patterns passed over.
    static func writeSkipped(_ issues: [Issue]) {
        for issue in issues {
            writeError("warning: \(shownText(issue.reason))\n  in \(withoutControls(shownURL(issue.object)))")
        }
    }

    /// Replaces the progress line; "" removes it.
    static func showProgress(_ text: String) {
        progressLine.withLock { line in
            guard !line.isEmpty || !text.isEmpty else { return }
            try? Platform.write("\r\u{1B}[K" + text, to: 2)
            line = text
        }
    }
}

extension Console {
    /// Writes a report for programs to standard output (1) or standard error (2).
    static func write(_ report: JSONValue, to descriptor: Int32 = 1) throws(KerchunkError) {
        try Platform.write(terminalJSON(report.serialized(isPretty: true)) + "\n", to: descriptor)
    }

    /// Writes a document to `place`, where it appears whole or not at all; `-` is standard output.
    static func write(
        _ document: JSONObject, to place: String, overwrite: Bool, _ session: Session
    ) throws {
        let upload: any Upload =
            place == "-"
            ? StandardOutput() : try Kerchunk.beginOutput(place, overwrite: overwrite, session: session)
        do {
            try upload.write(Bytes(JSONValue.object(document).serialized() + "\n").span)
            try upload.commit()
        } catch {
            upload.abort()
            throw error
        }
    }
}

/// Does `work`; where it fails and `isJSON`, the error is told as a document on standard output.
func reporting(asJSON isJSON: Bool, _ work: () throws -> Void) throws {
    do {
        try work()
    } catch let error as KerchunkError where isJSON {
        try Console.write(["error": error.json])
        throw ExitStatus(error.kind).error
    }
}

extension KerchunkError {
    /// `error: message`, and the place in a second line.
    func text(severity: String) -> String { "\(severity): \(description)" }
}

extension Note {
    /// `note: text; remedy`, and the place in a second line.
    func text(file: String) -> String {
        shownText("note: \(text)" + (remedy.map { "; \($0)" } ?? ""))
            + "\n  in " + withoutControls(shownURL(file))
    }
}

extension Issue {
    /// `warning: reason; remedy`, and the place in a second line.
    func text(file: String) -> String {
        shownText("warning: \(reason)" + (remedy.map { "; \($0)" } ?? ""))
            + "\n  in " + withoutControls("\(shownURL(file)), \(object)")
    }
}
