// WebP (RFC 9649): a RIFF container of chunks, simple (VP8 or VP8L) or extended (VP8X first).

enum WebPImage {
    static func read(_ reader: inout ImageReader) -> ImageContent? {
        guard reader.take(4) != nil, let size = reader.little(4), reader.take(4) != nil, size >= 4, size + 8 <= reader.bytes.count else {
            return nil
        }
        let end = size + 8
        var content = ImageContent()
        var chunks: [UInt8] = []
        var hasImage = false
        while reader.position + 8 <= end {
            let start = reader.position
            guard let name = reader.take(4), let length = reader.little(4), let data = reader.take(length) else { return nil }
            // Chunks are padded to an even length; the very last byte may be missing.
            if length & 1 == 1, reader.remaining > 0 { reader.position += 1 }
            var chunk = Array(reader.bytes[start..<reader.position])
            if length & 1 == 1, chunk.count & 1 == 1 { chunk.append(0) }
            switch String(decoding: name, as: UTF8.self) {
            case "EXIF", "XMP ": continue
            case "VP8X":
                guard start == 12, data.count >= 10 else { return nil }
                // The flags that announce Exif and XMP.
                chunk[8] &= ~0x0C
                content.width = 1 + Int(chunk[12]) + Int(chunk[13]) << 8 + Int(chunk[14]) << 16
                content.height = 1 + Int(chunk[15]) + Int(chunk[16]) << 8 + Int(chunk[17]) << 16
            case "VP8 ":
                guard data.count >= 10, chunk[11...13].elementsEqual([0x9D, 0x01, 0x2A]) else { return nil }
                hasImage = true
                if content.width == 0 {
                    content.width = (Int(chunk[14]) | Int(chunk[15]) << 8) & 0x3FFF
                    content.height = (Int(chunk[16]) | Int(chunk[17]) << 8) & 0x3FFF
                }
            case "VP8L":
                guard data.count >= 5, chunk[8] == 0x2F else { return nil }
                hasImage = true
                if content.width == 0 {
                    let bits = Int(chunk[9]) | Int(chunk[10]) << 8 | Int(chunk[11]) << 16 | Int(chunk[12]) << 24
                    content.width = bits & 0x3FFF + 1
                    content.height = bits >> 14 & 0x3FFF + 1
                }
            case "ANMF": hasImage = true
            default: break
            }
            chunks += chunk
        }
        guard hasImage else { return nil }
        let total = chunks.count + 4
        content.bytes = Array("RIFF".utf8) + (0..<4).map { UInt8(truncatingIfNeeded: total >> ($0 * 8)) } + Array("WEBP".utf8) + chunks
        return content
    }
}
