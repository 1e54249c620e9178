// Where uploaded images are kept: a bucket that all gateways share, or a folder of the only one.
import TiketiNet

/// Images by name. What is stored never changes.
protocol ImageStore: Sendable {
    /// Stores a checked upload; it appears whole or not at all.
    func save(_ image: ImageFile, of upload: SpooledUpload, as name: ImageName) async throws

    /// The image's bytes, read as the caller takes them; nil when there is none.
    func open(_ name: ImageName) async throws -> HTTPBody?

    func contains(_ name: ImageName) async throws -> Bool

    /// Removes an image; one that is not there is removed already.
    func delete(_ name: ImageName) async throws
}
