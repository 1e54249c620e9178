// What an image is, by its content: a name or a Content-Type proves nothing.

/// The types that are served.
enum ImageType: String, CaseIterable, Sendable {
    case jpeg = "jpg"
    case png, gif, webp

    init?(_ bytes: ArraySlice<UInt8>) {
        let head = Array(bytes.prefix(12))
        switch true {
        case head.starts(with: [0xff, 0xd8, 0xff]): self = .jpeg
        case head.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]): self = .png
        case head.starts(with: Array("GIF87a".utf8)), head.starts(with: Array("GIF89a".utf8)): self = .gif
        case head.count == 12 && head.starts(with: Array("RIFF".utf8)) && head[8...].elementsEqual("WEBP".utf8): self = .webp
        default: return nil
        }
    }

    var contentType: String { self == .jpeg ? "image/jpeg" : "image/\(rawValue)" }
}
