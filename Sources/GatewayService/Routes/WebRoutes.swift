// The web app: its files, and its page for every path that the app routes by itself.
import TiketiCore
import TiketiNet

/// Everything that is no other route.
struct WebRoutes: Sendable {
    let app: WebApp
    let cards: PageCards

    /// Where pages look for the stock Socket.IO client by habit; the rest of that prefix is the hubs'.
    private static let socketClients = ["/socket.io/socket.io.js", "/socket.io/socket.io.min.js"]

    func install(on router: some RouterMethods) {
        for path in Self.socketClients {
            router.get(path) { context in
                guard let file = app.file(path, now: context.loop.now) else { throw APIError.notFound }
                return Self.response(file, to: context.request)
            }
        }
        router.get("/*path") { context in
            let path: String
            switch SafePath.inspect(context.request.target) {
            case .plain: path = context.request.path
            case .decoded(let resolved): path = resolved
            case .refused: throw APIError.notFound
            }
            let now = context.loop.now
            if let file = app.file(path, now: now) { return Self.response(file, to: context.request) }
            guard let page = app.page(for: path, now: now) else { throw APIError.notFound }
            return Self.response(page.rendered(await cards.card(for: path)), to: context.request)
        }
    }

    private static func response(_ page: [UInt8], to request: HTTPRequest) -> HTTPResponse {
        let etag = WebFile.tag(page)
        var response = HTTPResponse(status: .ok, headers: ["ETag": etag, "Cache-Control": "no-cache"])
        return answer(&response, page, "text/html; charset=utf-8", etag, to: request)
    }

    private static func response(_ file: WebFile, to request: HTTPRequest) -> HTTPResponse {
        let form = file.form(acceptEncoding: request.headers["Accept-Encoding"])
        var response = HTTPResponse(status: .ok, headers: ["ETag": form.etag])
        response.headers.add("Cache-Control", file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache")
        if !file.coded.isEmpty { response.headers.add("Vary", "Accept-Encoding") }
        if let coding = form.coding { response.headers.add("Content-Encoding", coding.rawValue) }
        return answer(&response, form.bytes, file.contentType, form.etag, to: request)
    }

    private static func answer(
        _ response: inout HTTPResponse, _ bytes: [UInt8], _ type: String, _ etag: String, to request: HTTPRequest
    ) -> HTTPResponse {
        if request.headers.values("If-None-Match").contains(where: { EntityTag.matches($0, etag) }) {
            response.status = .notModified
            response.headers.remove("Content-Encoding")
            return response
        }
        response.headers.add("Content-Type", type)
        response.body = .bytes(bytes)
        return response
    }
}
