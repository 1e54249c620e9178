// Admins upload images; everybody sees them.
import TiketiCore
import TiketiNet

/// `/api/image/upload` and `/uploads`.
struct ImageRoutes: Sendable {
    let images: ImageService
    let admins: AdminCheck

    func install(on router: Router) {
        // The form around the image needs a little more than the image.
        router.post("/api/image/upload", RouteOptions(bodyLimit: ImageService.largest + 64 * 1024)) { try await upload($0) }
        router.get("/uploads/:name") { try await show($0) }
    }

    private func upload(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        guard let boundary = context.request.headers["content-type"].flatMap(Multipart.boundary) else {
            throw APIError.unsupportedMediaType("Content-Type must be multipart/form-data")
        }
        let body = try await context.body()
        guard let image = Multipart.field("image", in: body, boundary: boundary), !image.isEmpty else {
            throw APIError.validation("image", "is required")
        }
        let name = try await images.save(image, by: actor)
        return .success(.created) { $0.member("url", "/uploads/" + name) }
    }

    private func show(_ context: RequestContext) async throws -> HTTPResponse {
        let name = context.parameter("name")
        guard let image = try await images.load(name) else { throw APIError.notFound }
        var response = HTTPResponse(status: .ok)
        // The name is the identity: what it stands for never changes.
        response.headers.add("ETag", "\"\(name)\"")
        response.headers.add("Cache-Control", "public, max-age=31536000, immutable")
        // A copy stored for a page of this origin has no CORS field, and would be refused to a page of another.
        if !context.request.headers.contains("origin") { response.headers.add("Vary", "Origin") }
        if context.request.headers["If-None-Match"].map({ EntityTag.matches($0, "\"\(name)\"") }) == true {
            response.status = .notModified
            return response
        }
        response.headers.add("Content-Type", image.type.contentType)
        response.body = .bytes(image.bytes)
        return response
    }
}
