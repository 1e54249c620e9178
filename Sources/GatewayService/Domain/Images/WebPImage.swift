// WebP (RFC 9649): a RIFF container of chunks, simple (VP8 or VP8L) or extended (VP8X first).

enum WebPImage {
    static func read(_ reader: inout ImageReader) -> ImageContent? {
        guard reader.skip(4) != nil, let size = reader.little(4), reader.skip(4) != nil, size >= 4, size + 8 <= reader.count else {
            return nil
        }
        let end = size + 8
        var content = ImageContent()
        var hasImage = false
        while reader.position + 8 <= end {
            let start = reader.position
            guard let name = reader.take(4), let length = reader.little(4) else { return nil }
            let data = reader.position
            guard reader.skip(length) != nil else { return nil }
            let isOdd = length & 1 == 1
            // Chunks are padded to an even length; the very last byte may be missing.
            let isPadded = isOdd && reader.remaining > 0
            if isPadded { reader.position += 1 }
            var head = ImageReader(reader, at: data)
            switch String(decoding: name, as: UTF8.self) {
            case "EXIF", "XMP ": continue
            case "VP8X":
                guard start == 12, length >= 10, let flags = head.byte(), head.skip(3) != nil, let width = head.little(3),
                    let height = head.little(3)
                else { return nil }
                content.needs(width: width + 1, height: height + 1)
                // Without the flags that announce Exif and XMP.
                content.keep(start..<data)
                content.add([flags & ~0x0C])
                content.keep(data + 1..<reader.position)
                continue
            case "VP8 ":
                guard length >= 10, head.skip(3) != nil, head.take(3) == [0x9D, 0x01, 0x2A], let width = head.little(2),
                    let height = head.little(2)
                else { return nil }
                content.needs(width: width & 0x3FFF, height: height & 0x3FFF)
                hasImage = true
            case "VP8L":
                guard length >= 5, head.byte() == 0x2F, let bits = head.little(4) else { return nil }
                content.needs(width: bits & 0x3FFF + 1, height: bits >> 14 & 0x3FFF + 1)
                hasImage = true
            case "ANMF":
                guard length >= 16, let left = head.little(3), let top = head.little(3), let width = head.little(3),
                    let height = head.little(3)
                else { return nil }
                content.needs(width: left * 2 + width + 1, height: top * 2 + height + 1)
                hasImage = true
            default: break
            }
            content.keep(start..<reader.position)
            if isOdd, !isPadded { content.add([0]) }
        }
        guard hasImage else { return nil }
        let total = content.length + 4
        content.begin(
            with: Array("RIFF".utf8) + (0..<4).map { UInt8(truncatingIfNeeded: total >> ($0 * 8)) } + Array("WEBP".utf8))
        return content
    }
}
