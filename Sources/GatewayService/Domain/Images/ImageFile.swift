// An uploaded image, read far enough to know its size and rebuilt without what it says about its maker: places, devices, comments, trailing bytes.

/// Why an upload is no image that we keep.
enum ImageFault: Error, Equatable {
    /// None of the types we serve, by its content.
    case unknownType
    /// Begins like one of our types, and is none: parts missing, cut short, lengths that lead outside.
    case malformed
    /// More than `ImageFile.mostPixels`: few bytes can unfold to more memory than a reader has.
    case tooManyPixels
}

/// A checked image.
struct ImageFile: Sendable, Equatable {
    static let mostPixels = 40_000_000

    var type: ImageType
    var width: Int
    var height: Int
    /// The content without metadata.
    var bytes: [UInt8]

    /// - Throws: `ImageFault`.
    init(_ upload: ArraySlice<UInt8>) throws(ImageFault) {
        guard let type = ImageType(upload) else { throw .unknownType }
        var reader = ImageReader(Array(upload))
        let content: ImageContent? =
            switch type {
            case .jpeg: JPEGImage.read(&reader)
            case .png: PNGImage.read(&reader)
            case .gif: GIFImage.read(&reader)
            case .webp: WebPImage.read(&reader)
            }
        guard let content, content.width > 0, content.height > 0 else { throw .malformed }
        guard content.width * content.height <= Self.mostPixels else { throw .tooManyPixels }
        self.type = type
        width = content.width
        height = content.height
        bytes = content.bytes
    }
}

/// What a reader of one format found.
struct ImageContent {
    var width = 0
    var height = 0
    /// What is kept.
    var bytes: [UInt8] = []
}

/// Bytes with a position; reading past the end says so instead of trapping.
struct ImageReader {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// An unsigned number of `count` bytes, the most significant first.
    mutating func big(_ count: Int) -> Int? { take(count)?.reduce(0) { $0 << 8 | Int($1) } }

    /// An unsigned number of `count` bytes, the least significant first.
    mutating func little(_ count: Int) -> Int? { take(count)?.reversed().reduce(0) { $0 << 8 | Int($1) } }
}
