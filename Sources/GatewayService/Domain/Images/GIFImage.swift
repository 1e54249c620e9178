// GIF (GIF89a specification): a screen with its colours, then extensions and images in blocks of at most 255 bytes, then the trailer.

enum GIFImage {
    static func read(_ reader: inout ImageReader) -> ImageContent? {
        guard reader.skip(6) != nil, let width = reader.little(2), let height = reader.little(2), let packed = reader.byte(),
            reader.skip(2) != nil, skipColours(packed, &reader)
        else { return nil }
        var content = ImageContent()
        content.needs(width: width, height: height)
        content.keep(0..<reader.position)
        var hasImage = false
        while true {
            let start = reader.position
            switch reader.byte() {
            case 0x3B:
                content.keep(start..<reader.position)
                return hasImage ? content : nil
            case 0x2C:
                guard let left = reader.little(2), let top = reader.little(2), let width = reader.little(2), let height = reader.little(2),
                    let packed = reader.byte(), skipColours(packed, &reader), reader.skip(1) != nil, skipBlocks(&reader)
                else { return nil }
                // A frame beyond the screen makes readers enlarge it.
                content.needs(width: left + width, height: top + height)
                hasImage = true
                content.keep(start..<reader.position)
            case 0x21:
                guard let label = reader.byte() else { return nil }
                let isKept = label == 0xF9 || label == 0x01 || (label == 0xFF && isLoop(reader))
                guard skipBlocks(&reader) else { return nil }
                if isKept { content.keep(start..<reader.position) }
            default: return nil
            }
        }
    }

    /// How often an animation runs is the only application extension that belongs to the picture.
    private static func isLoop(_ reader: ImageReader) -> Bool {
        var reader = reader
        let head = reader.take(12)
        return head == [11] + Array("NETSCAPE2.0".utf8) || head == [11] + Array("ANIMEXTS1.0".utf8)
    }

    private static func skipColours(_ packed: UInt8, _ reader: inout ImageReader) -> Bool {
        packed & 0x80 == 0 || reader.skip(3 << (Int(packed & 7) + 1)) != nil
    }

    private static func skipBlocks(_ reader: inout ImageReader) -> Bool {
        while let length = reader.byte() {
            if length == 0 { return true }
            if reader.skip(Int(length)) == nil { return false }
        }
        return false
    }
}
