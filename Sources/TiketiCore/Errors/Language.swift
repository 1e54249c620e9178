// Which of the product's two languages a client reads (docs/specification.md §3).
import TiketiNet

/// A language the product speaks.
public enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case korean = "ko"

    /// The language that an `Accept-Language` field prefers (RFC 9110 §12.5.4); nil when it names neither. Of two that are wanted alike
    /// the one named first counts.
    public static func preferred(by field: String) -> Language? {
        var best: (language: Language, weight: Double)?
        for item in field.split(separator: ",").prefix(16) {
            let parts = item.split(separator: ";").map { String($0).trimmedASCII }
            guard let tag = parts.first?.lowercased().split(separator: "-").first, let language = Language(rawValue: String(tag)) else {
                continue
            }
            var weight = 1.0
            for part in parts.dropFirst() where part.lowercased().hasPrefix("q=") { weight = Double(part.dropFirst(2)) ?? 0 }
            if weight > 0, weight > best?.weight ?? 0 { best = (language, weight) }
        }
        return best?.language
    }
}

extension RequestContext {
    /// The language of `error` texts for this client; English unless Korean is preferred.
    var language: Language { request.headers["Accept-Language"].flatMap { Language.preferred(by: $0) } ?? .english }
}
