// An uploaded image, read far enough to know its size and rebuilt without what it says about its maker: places, devices, comments,
// trailing bytes.

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

    let type: ImageType
    /// The size, and what of the upload is kept: all but metadata.
    let content: ImageContent

    var width: Int { content.width }
    var height: Int { content.height }

    /// Reads the whole upload; a source that blocks does so here.
    /// - Throws: `ImageFault`.
    init(_ upload: some ImageSource) throws(ImageFault) {
        guard let type = ImageType(upload.bytes(0..<min(12, upload.count))[...]) else { throw .unknownType }
        var reader = ImageReader(upload)
        let content: ImageContent? =
            switch type {
            case .jpeg: JPEGImage.read(&reader)
            case .png: PNGImage.read(&reader)
            case .gif: GIFImage.read(&reader)
            case .webp: WebPImage.read(&reader)
            }
        // Every gap is something left out; no program writes so many.
        guard let content, content.width > 0, content.height > 0, content.pieces.count <= 16_384 else { throw .malformed }
        guard content.width <= Self.mostPixels / content.height else { throw .tooManyPixels }
        self.type = type
        self.content = content
    }
}
