// What an uploaded image is called: made here, so that no client's text ever becomes a path or a key.
import TiketiNet

/// An id and the type's ending. The name is the identity: what it stands for never changes.
struct ImageName: Sendable, Hashable, CustomStringConvertible {
    /// Where images are, in paths and in buckets.
    static let folder = "uploads/"
    /// For a year, by anybody, without asking again (RFC 9111 §5.2, RFC 8246).
    static let cacheControl = "public, max-age=31536000, immutable"

    let id: UUID
    let type: ImageType

    init(_ type: ImageType) {
        id = UUID()
        self.type = type
    }

    /// nil for anything that is not spelled as we spell it.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = UUID(String(parts[0])), let type = ImageType(rawValue: String(parts[1])),
            text == "\(id).\(type.rawValue)"
        else { return nil }
        self.id = id
        self.type = type
    }

    var description: String { "\(id).\(type.rawValue)" }
}
