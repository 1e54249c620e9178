// GIF (GIF89a specification): a screen with its colours, then extensions and images in blocks of at most 255 bytes, then the trailer.

enum GIFImage {
    static func read(_ reader: inout ImageReader) -> ImageContent? {
        guard reader.take(6) != nil, let width = reader.little(2), let height = reader.little(2), let packed = reader.byte(),
            reader.take(2) != nil, skipColours(packed, &reader)
        else { return nil }
        var content = ImageContent(width: width, height: height, bytes: Array(reader.bytes[..<reader.position]))
        var hasImage = false
        while true {
            let start = reader.position
            switch reader.byte() {
            case 0x3B:
                content.bytes.append(0x3B)
                return hasImage ? content : nil
            case 0x2C:
                guard reader.take(8) != nil, let packed = reader.byte(), skipColours(packed, &reader), reader.byte() != nil,
                    skipBlocks(&reader)
                else { return nil }
                hasImage = true
                content.bytes += reader.bytes[start..<reader.position]
            case 0x21:
                guard let label = reader.byte() else { return nil }
                let isKept = label == 0xF9 || label == 0x01 || (label == 0xFF && isLoop(reader))
                guard skipBlocks(&reader) else { return nil }
                if isKept { content.bytes += reader.bytes[start..<reader.position] }
            default: return nil
            }
        }
    }

    /// How often an animation runs is the only application extension that belongs to the picture.
    private static func isLoop(_ reader: ImageReader) -> Bool {
        let head = reader.bytes[reader.position...].prefix(12)
        return head.elementsEqual([11] + Array("NETSCAPE2.0".utf8)) || head.elementsEqual([11] + Array("ANIMEXTS1.0".utf8))
    }

    private static func skipColours(_ packed: UInt8, _ reader: inout ImageReader) -> Bool {
        packed & 0x80 == 0 || reader.take(3 << (Int(packed & 7) + 1)) != nil
    }

    private static func skipBlocks(_ reader: inout ImageReader) -> Bool {
        while let length = reader.byte() {
            if length == 0 { return true }
            if reader.take(Int(length)) == nil { return false }
        }
        return false
    }
}
