// Matching, methods, envelopes and middleware of the router, through a real loop.

import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiCore

@Suite struct RouterTests {
    private func echo(_ context: RequestContext) -> HTTPResponse { .text(.ok, context.route) }

    private func makeRouter() -> Router {
        let router = Router()
        for pattern in [
            "/", "/api/events", "/api/events/:id", "/api/events/:id/seats", "/api/events/search", "/api/:a/:b/:c", "/files/*path",
            "/files/exact",
        ] {
            router.get(pattern) { context in .text(.ok, context.route) }
        }
        router.post("/api/events") { _ in .success(.created) }
        router.delete("/api/events/:id") { _ in .success() }
        return router
    }

    @Test(arguments: [
        ("/", "/"), ("/?x=1", "/"), ("/api/events", "/api/events"), ("/api/events/", "/api/events"), ("/api/events?page=2", "/api/events"),
        ("/api/events/7", "/api/events/:id"), ("/api/events/search", "/api/events/search"),
        ("/api/events/7/seats", "/api/events/:id/seats"),
        ("/api/events/7/other", "/api/:a/:b/:c"), ("/api/events/search/seats", "/api/events/:id/seats"), ("/files", "/files/*path"),
        ("/files/", "/files/*path"), ("/files/a/b.txt", "/files/*path"), ("/files/exact", "/files/exact"),
        ("/files/exact/more", "/files/*path"),
    ])
    func matches(target: String, route: String) async throws {
        let response = try await TestApp(makeRouter()).get(target)
        #expect(response.status == 200)
        #expect(response.text == route)
    }

    @Test(arguments: [
        "/api", "/api/", "/api/event", "/api/Events", "/api//events", "/api/events//seats", "/api/events/..", "/api/events/%2e%2E",
        "/api/events/.%2e/x",
        "/files/a/../b", "/files/%2e%2e/b", "/files/a%2f..%2fb", "/files/..", "/files/a\\..\\b", "/nothing", "*", "", "/api/a/b/c/d",
    ])
    func unmatched(target: String) async throws {
        let response = try await TestApp(makeRouter()).get(target)
        #expect(response.status == 404)
        #expect(response.code == "NOT_FOUND")
        #expect(response.json["success"] == .bool(false))
        #expect(response.json["requestId"]?.stringValue == response.headers["X-Request-Id"])
    }

    @Test func methods() async throws {
        let app = TestApp(makeRouter())
        let wrong = try await app.send(.put, "/api/events/7")
        #expect(wrong.status == 405)
        #expect(wrong.code == "METHOD_NOT_ALLOWED")
        #expect(wrong.headers["Allow"] == "GET, DELETE, HEAD, OPTIONS")
        let options = try await app.send(.options, "/api/events")
        #expect(options.status == 204)
        #expect(options.headers["Allow"] == "GET, POST, HEAD, OPTIONS")
        #expect(try await app.send(.head, "/api/events").status == 200)
        #expect(try await app.send(HTTPMethod("get"), "/api/events").status == 405)
        #expect(try await app.send(.post, "/api/events").status == 201)
    }

    @Test func parameters() async throws {
        let router = Router()
        let id = UUID()
        router.get("/a/:first/:second/*rest") { context in
            .text(.ok, [context.parameter("first"), context.parameter("second"), context.parameter("rest")].joined(separator: "|"))
        }
        router.get("/id/:id") { context in .text(.ok, try context.uuidParameter("id").description) }
        let app = TestApp(router)
        #expect(try await app.get("/a/x/%EC%95%84%20y/b/c?q=1").text == "x|아 y|b/c")
        #expect(try await app.get("/a/x/+/").text == "x|+|")
        #expect(try await app.get("/id/\(id)").text == id.description)
        #expect(try await app.get("/id/\(id.description.uppercased())").status == 200)
        for bad in ["7", "x", "\(id)0", "%00"] {
            let response = try await app.get("/id/\(bad)")
            #expect(response.status == 404)
            #expect(response.code == "NOT_FOUND")
        }
    }

    @Test func requestIDs() async throws {
        let router = Router()
        router.get("/") { context in .text(.ok, context.requestID) }
        let app = TestApp(router)
        let made = try await app.get("/")
        #expect(made.text.count == 15)
        #expect(made.headers["X-Request-Id"] == made.text)
        #expect(try await app.get("/").text != made.text)
        let given = try await app.send(.get, "/", headers: ["X-Request-Id": "abc-123_456.7:8"])
        #expect(given.text == "abc-123_456.7:8")
        for bad in ["short", "has space in it", String(repeating: "x", count: 129), "quote\"quote", "ümlaut-ümlaut"] {
            let response = try await app.send(.get, "/", headers: ["X-Request-Id": bad])
            #expect(response.text.count == 15)
        }
    }

    @Test func errors() async throws {
        struct Hidden: Error { let secret = "hunter2" }
        struct Known: APIErrorConvertible { var apiError: APIError { .conflict("TAKEN", "Taken") } }
        let router = Router()
        router.get("/hidden") { _ in throw Hidden() }
        router.get("/known") { _ in throw Known() }
        router.get("/extra") { _ in
            throw APIError.conflict("SEATS_UNAVAILABLE", "Some seats are already reserved") {
                $0.array("unavailableSeats", ["a", "b"]) { $0.value($1) }
            }
        }
        router.get("/limited") { _ in throw APIError.rateLimited(retryAfter: 7) }
        router.get("/cancelled") { _ in throw CancellationError() }
        let app = TestApp(router)
        let hidden = try await app.get("/hidden")
        #expect(hidden.status == 500)
        #expect(hidden.code == "INTERNAL")
        #expect(!hidden.text.contains("hunter2"))
        #expect(!hidden.text.contains("Hidden"))
        let known = try await app.get("/known")
        #expect(known.status == 409)
        #expect(known.code == "TAKEN")
        let extra = try await app.get("/extra")
        #expect(extra.json["unavailableSeats"] == .array([.string("a"), .string("b")]))
        #expect(extra.json["error"] == .string("Some seats are already reserved"))
        #expect(extra.headers["Content-Type"] == "application/json; charset=utf-8")
        let limited = try await app.get("/limited")
        #expect(limited.status == 429)
        #expect(limited.headers["Retry-After"] == "7")
        #expect(try await app.get("/cancelled").status == 503)
    }

    private struct Tag: Middleware {
        let name: String

        func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
            var response = try await next(context)
            response.headers.add("X-Tag", name)
            return response
        }
    }

    private struct Refuse: Middleware {
        func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
            throw APIError.adminRequired
        }
    }

    @Test func middlewareOrderAndErrors() async throws {
        let router = Router()
        router.use(Tag(name: "outer"))
        router.use(Tag(name: "inner"))
        router.group("/group", use: Tag(name: "group")) { group in
            group.on(.get, "/x", RouteOptions(middleware: [Tag(name: "route")])) { _ in .text(.ok, "x") }
            group.on(.get, "/refused", RouteOptions(middleware: [Refuse()])) { _ in .text(.ok, "never") }
            group.group("/deep", use: Tag(name: "deep")) { $0.get("/") { _ in throw APIError.notFound } }
        }
        let app = TestApp(router)
        #expect(try await app.get("/group/x").headers.values("X-Tag") == ["route", "group", "inner", "outer"])
        // Outer middleware sees the envelope of what was thrown further in, so that its header fields are on errors too.
        let refused = try await app.get("/group/refused")
        #expect(refused.status == 403)
        #expect(refused.headers.values("X-Tag") == ["group", "inner", "outer"])
        #expect(try await app.get("/group/deep").headers.values("X-Tag") == ["deep", "group", "inner", "outer"])
        #expect(try await app.get("/nowhere").headers.values("X-Tag") == ["inner", "outer"])
    }

    @Test func bodies() async throws {
        let router = Router()
        router.post("/json", RouteOptions(bodyLimit: 64)) { context in
            let value = try await context.json()
            return .json { $0.value(value) }
        }
        router.post("/fields") { context in
            var fields = try await context.fields()
            let name = fields.string("name", max: 5)
            let count = fields.int("count", in: 1...3)
            _ = fields.uuid("id")
            try fields.finish()
            return .text(.ok, "\(name) \(count)")
        }
        let app = TestApp(router)
        #expect(try await app.post("/json", json: "{\"a\":1}").text == "{\"a\":1}")
        #expect(try await app.send(.post, "/json", body: Array("[]".utf8)).status == 200)
        for type in ["application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\"", "application/problem+json"] {
            #expect(try await app.send(.post, "/json", headers: ["Content-Type": type], json: "[]").status == 200)
        }
        for type in [
            "text/plain", "application/x-www-form-urlencoded", "application/json; charset=euc-kr", "application/jsonx",
            "multipart/form-data",
        ] {
            let response = try await app.send(.post, "/json", headers: ["Content-Type": type], json: "[]")
            #expect(response.status == 415)
            #expect(response.code == "UNSUPPORTED_MEDIA_TYPE")
        }
        for bad in ["", "{", "{\"a\":1,\"a\":2}", "nope"] {
            let response = try await app.post("/json", json: bad)
            #expect(response.status == 400)
            #expect(response.code == "MALFORMED_JSON")
        }
        let large = try await app.post("/json", json: "\"\(String(repeating: "x", count: 63))\"")
        #expect(large.status == 413)
        #expect(large.code == "BODY_TOO_LARGE")
        let invalid = try await app.post("/fields", json: "{\"name\":\"too long\",\"count\":9}")
        #expect(invalid.status == 400)
        #expect(invalid.code == "VALIDATION_FAILED")
        #expect(invalid.json["details"]?.arrayValue?.compactMap { $0["field"]?.stringValue } == ["name", "count", "id"])
        #expect(try await app.post("/fields", json: "[1]").json["details"]?[0]?["field"] == .string("body"))
        #expect(try await app.post("/fields", json: "{\"name\":\" ab \",\"count\":2.0,\"id\":\"\(UUID())\"}").text == "ab 2")
    }

    @Test func metricsByPattern() async throws {
        let metrics = MetricsRegistry()
        let app = TestApp(makeRouter(), observers: RouterObservers(metrics: metrics))
        _ = try await app.get("/api/events/1")
        _ = try await app.get("/api/events/2")
        _ = try await app.get("/wp-admin.php")
        _ = try await app.send(.put, "/api/events/1")
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        #expect(text.contains("http_requests_total{method=\"GET\",route=\"/api/events/:id\",status=\"200\"} 2\n"))
        #expect(text.contains("http_requests_total{method=\"*\",route=\"unmatched\",status=\"404\"} 1\n"))
        #expect(text.contains("http_requests_total{method=\"*\",route=\"method-not-allowed\",status=\"405\"} 1\n"))
        #expect(text.contains("http_request_duration_seconds_count{method=\"GET\",route=\"/api/events/:id\"} 2\n"))
        #expect(text.contains("http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/events/:id\",le=\"+Inf\"} 2\n"))
        #expect(!text.contains("wp-admin"))
        #expect(!text.contains("status=\"503\""))
    }
}
