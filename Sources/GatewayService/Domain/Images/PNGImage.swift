// PNG (RFC 2083, PNG third edition): the signature and chunks of length, name, data and checksum, from IHDR to IEND.

enum PNGImage {
    /// Chunks that say something about the maker and nothing about the picture.
    private static let dropped: Set<String> = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME", "dSIG"]

    static func read(_ reader: inout ImageReader) -> ImageContent? {
        guard reader.skip(8) != nil else { return nil }
        var content = ImageContent()
        content.keep(0..<8)
        var hasData = false
        while true {
            let start = reader.position
            guard let length = reader.big(4), length <= 0x7FFF_FFFF, let name = reader.take(4) else { return nil }
            let kind = String(decoding: name, as: UTF8.self)
            if start == 8 {
                guard kind == "IHDR", length == 13, let width = reader.big(4), let height = reader.big(4), width > 0, height > 0,
                    reader.skip(5) != nil
                else { return nil }
                content.needs(width: width, height: height)
            } else if kind == "IHDR" || reader.skip(length) == nil {
                return nil
            }
            guard reader.skip(4) != nil else { return nil }
            if kind == "IDAT" { hasData = true }
            if !dropped.contains(kind) { content.keep(start..<reader.position) }
            // What follows the end belongs to no picture.
            if kind == "IEND" { return hasData ? content : nil }
        }
    }
}
