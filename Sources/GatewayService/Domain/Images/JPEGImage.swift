// JPEG (ITU-T T.81 B.1): segments of a marker and a length up to the scans, then coded data up to the end marker.

enum JPEGImage {
    static func read(_ reader: inout ImageReader) -> ImageContent? {
        guard reader.skip(2) != nil else { return nil }
        var content = ImageContent()
        content.keep(0..<2)
        var hasScan = false
        while true {
            guard let marker = nextMarker(&reader) else { return nil }
            let start = reader.position - 2
            switch marker {
            case 0xD9:
                // What an application hung behind the end is left out.
                content.keep(start..<reader.position)
                return hasScan ? content : nil
            case 0x01, 0xD0...0xD7: content.keep(start..<reader.position)
            default:
                guard let length = reader.big(2), length >= 2 else { return nil }
                let data = reader.position
                if isFrame(marker) {
                    guard length >= 8, reader.skip(1) != nil, let height = reader.big(2), let width = reader.big(2) else { return nil }
                    content.needs(width: width, height: height)
                }
                var head = ImageReader(reader, at: data)
                reader.position = data
                guard reader.skip(length - 2) != nil else { return nil }
                if marker == 0xE1, let orientation = ExifOrientation.read(head.take(min(length - 2, 4096)) ?? []) {
                    // Without it pictures of phones would lie on their side.
                    content.add(ExifOrientation.segment(orientation))
                } else if isKept(marker, head.take(min(length - 2, 12)) ?? []) {
                    content.keep(start..<reader.position)
                }
                if marker == 0xDA {
                    guard content.width > 0 else { return nil }
                    hasScan = true
                    let coded = reader.position
                    skipCodedData(&reader)
                    content.keep(coded..<reader.position)
                }
            }
        }
    }

    /// Fill bytes may stand before a marker; they are left out.
    private static func nextMarker(_ reader: inout ImageReader) -> UInt8? {
        guard reader.byte() == 0xFF else { return nil }
        while let byte = reader.byte() { if byte != 0xFF { return byte == 0 ? nil : byte } }
        return nil
    }

    /// SOF0 to SOF15 without the markers for tables that lie between them.
    private static func isFrame(_ marker: UInt8) -> Bool {
        (0xC0...0xCF).contains(marker) && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
    }

    /// Of application segments and comments: JFIF, colour profiles and Adobe's colour transform change how the picture looks.
    private static func isKept(_ marker: UInt8, _ head: [UInt8]) -> Bool {
        switch marker {
        case 0xE0: head.starts(with: Array("JFIF\0".utf8))
        case 0xEE: head.starts(with: Array("Adobe".utf8))
        case 0xE2: head.starts(with: Array("ICC_PROFILE\0".utf8))
        case 0xE1...0xEF, 0xFE: false
        default: true
        }
    }

    /// The data of a scan, up to the next marker that is no restart.
    private static func skipCodedData(_ reader: inout ImageReader) {
        while let first = reader.peek(), let second = reader.peek(1) {
            if first == 0xFF, second != 0, !(0xD0...0xD7).contains(second) { return }
            reader.position += 1
        }
        reader.position = reader.count
    }
}

/// The one Exif field that changes how a picture looks.
enum ExifOrientation {
    /// 2 to 8; nil for upright, or when there is none. `data` is an APP1 segment's.
    static func read(_ data: [UInt8]) -> UInt8? {
        guard data.starts(with: Array("Exif\0\0".utf8)) else { return nil }
        var reader = ImageReader(Array(data.dropFirst(6)))
        let isLittle = reader.peek() == UInt8(ascii: "I")
        func number(_ count: Int) -> Int? { isLittle ? reader.little(count) : reader.big(count) }
        guard number(2) != nil, number(2) == 42, let first = number(4), first >= 8, first < reader.count else { return nil }
        reader.position = first
        guard let fields = number(2) else { return nil }
        for _ in 0..<fields {
            guard let tag = number(2), let type = number(2), let count = number(4), let value = number(2), number(2) != nil else {
                return nil
            }
            if tag == 0x0112, type == 3, count == 1 { return (2...8).contains(value) ? UInt8(value) : nil }
        }
        return nil
    }

    /// An APP1 segment that says this alone.
    static func segment(_ orientation: UInt8) -> [UInt8] {
        let body: [UInt8] =
            Array("Exif\0\0MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
        return [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body
    }
}
