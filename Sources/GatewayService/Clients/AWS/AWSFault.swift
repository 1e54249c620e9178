// Why a service of AWS did not do what it was asked for.

/// A refusal or a failure, for the log; no public text, no secrets.
struct AWSFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The service's own code (`SlowDown`, `AccessDenied`), or a word of ours where it gave none.
    var code: String
    /// The status of the answer; nil when none came.
    var status: Int?
    var detail: String

    init(_ code: String, status: Int? = nil, _ detail: String = "") {
        self.code = code
        self.status = status
        self.detail = detail
    }

    /// Reads an error document: `<Error>` of S3, `<ErrorResponse>` of the query services. An answer without one is known by its status.
    init(status: Int, body: [UInt8]) {
        let text = String(decoding: body, as: UTF8.self)
        let message = XMLText.element("Message", in: text) ?? ""
        self.init(XMLText.element("Code", in: text) ?? "HTTP\(status)", status: status, String(message.prefix(200)))
    }

    /// Whether the same request may succeed a moment later: overload, failures of the service, connections that broke.
    var isPassing: Bool {
        if isAboutCredentials { return true }
        guard let status else { return code != "InvalidRequest" }
        return status >= 500 && status != 501 || status == 429 || status == 408
            || ["RequestTimeout", "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"].contains(code)
    }

    /// Whether other credentials may be taken where these were not.
    var isAboutCredentials: Bool { ["ExpiredToken", "ExpiredTokenException", "InvalidToken", "InvalidAccessKeyId"].contains(code) }

    var description: String {
        let status = status.map { " (\($0))" } ?? ""
        return detail.isEmpty ? code + status : "\(code)\(status): \(detail)"
    }
}

/// The few elements of AWS's XML answers that are read: flat text in elements without attributes.
enum XMLText {
    /// The text of the first element with this name, its entities resolved.
    static func element(_ name: String, in text: String) -> String? {
        guard let open = text.firstRange(of: "<\(name)>"),
            let close = text[open.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        let content = text[open.upperBound..<close.lowerBound]
        return content.contains("<") ? nil : unescaped(content)
    }

    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        var result = String(text)
        // The ampersand last, or an escaped escape would be resolved twice.
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#43;", "+"), ("&amp;", "&")] {
            result = result.split(separator: entity, omittingEmptySubsequences: false).joined(separator: character)
        }
        return result
    }
}
