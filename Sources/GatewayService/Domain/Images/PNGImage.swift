// PNG (RFC 2083, PNG third edition): the signature and chunks of length, name, data and checksum, from IHDR to IEND.

enum PNGImage {
    /// Chunks that say something about the maker and nothing about the picture.
    private static let dropped: Set<String> = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME", "dSIG"]

    static func read(_ reader: inout ImageReader) -> ImageContent? {
        guard let signature = reader.take(8) else { return nil }
        var content = ImageContent(bytes: Array(signature))
        var hasData = false
        while true {
            let start = reader.position
            guard let length = reader.big(4), length <= 0x7FFF_FFFF, let name = reader.take(4), let data = reader.take(length),
                reader.take(4) != nil
            else { return nil }
            let kind = String(decoding: name, as: UTF8.self)
            if content.width == 0 {
                guard kind == "IHDR", length == 13 else { return nil }
                content.width = data.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                content.height = data.dropFirst(4).prefix(4).reduce(0) { $0 << 8 | Int($1) }
                guard content.width > 0, content.height > 0 else { return nil }
            }
            if kind == "IDAT" { hasData = true }
            if !dropped.contains(kind) { content.bytes += reader.bytes[start..<reader.position] }
            // What follows the end belongs to no picture.
            if kind == "IEND" { return hasData ? content : nil }
        }
    }
}
