// Admins upload images; everybody sees them.
import TiketiCore
import TiketiNet

/// `/api/image` and `/uploads`.
struct ImageRoutes: Sendable {
    let images: ImageService
    let admins: AdminCheck

    func install(on router: some RouterMethods) {
        router.post("/api/image/upload") { try await upload($0) }
        router.delete("/api/image/:name") { try await delete($0) }
        router.get("/uploads/:name") { try await show($0) }
    }

    private func upload(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        guard let boundary = context.request.headers["content-type"].flatMap(Multipart.boundary) else {
            throw APIError.unsupportedMediaType("Content-Type must be multipart/form-data")
        }
        let url = try await images.save(context.request.body, boundary: boundary, by: actor)
        return .success(.created) { $0.member("url", url) }
    }

    private func delete(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        guard let name = ImageName(context.parameter("name")) else { throw APIError.notFound }
        try await images.delete(name, by: actor)
        return .success()
    }

    private func show(_ context: RequestContext) async throws -> HTTPResponse {
        guard let name = ImageName(context.parameter("name")) else { throw APIError.notFound }
        let tag = "\"\(name)\""
        let isKnown = context.request.headers["If-None-Match"].map { EntityTag.matches($0, tag) } == true
        var response = HTTPResponse(status: isKnown ? .notModified : .ok)
        if isKnown {
            guard try await images.contains(name) else { throw APIError.notFound }
        } else {
            guard let body = try await images.open(name) else { throw APIError.notFound }
            response.headers.add("Content-Type", name.type.contentType)
            response.body = .stream(length: body.length) { writer in
                while let piece = try await body.read() { try await writer.write(piece) }
            }
        }
        response.headers.add("ETag", tag)
        response.headers.add("Cache-Control", ImageName.cacheControl)
        // A copy stored for a page of this origin has no CORS field, and would be refused to a page of another.
        if !context.request.headers.contains("origin") { response.headers.add("Vary", "Origin") }
        return response
    }
}
