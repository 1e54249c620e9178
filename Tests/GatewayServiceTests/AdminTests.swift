// The admin pages: who may, what the owning service is asked, and the record that every write leaves.
import Testing
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct AdminTests {
    private static let section = #"{"name":"VIP","rows":3,"seatsPerRow":10,"price":150000,"startRow":1}"#

    /// A ticket and auth service as far as the admin pages know them.
    private func services() async throws -> Upstreams {
        try await Upstreams.start { request in
            switch (request.method.rawValue, request.path) {
            case ("POST", "/internal/events"):
                return .json(.created, bytes: Array(#"{"success":true,"event":{"id":"e1","title":"공연","totalSeats":30}}"#.utf8))
            case ("GET", let path) where path.hasSuffix("0000"):
                return .json(
                    bytes: Array(#"{"success":true,"event":{"id":"e","title":"전"},"reservation":{"id":"r","status":"confirmed"}}"#.utf8))
            case ("GET", let path) where path.hasSuffix("0404"):
                return .json(.notFound, bytes: Array(#"{"success":false,"error":"Not found","code":"NOT_FOUND"}"#.utf8))
            case ("PATCH", let path) where path.hasPrefix("/internal/users"):
                return .json(bytes: Array(#"{"success":true,"before":{"role":"user"},"user":{"role":"admin"}}"#.utf8))
            case ("PUT", _), ("PATCH", _), ("POST", _):
                return .json(bytes: Array(#"{"success":true,"event":{"id":"e","title":"후"},"reservation":{"id":"r"}}"#.utf8))
            case ("DELETE", _):
                return .json(.conflict, bytes: Array(#"{"success":false,"error":"sold","code":"EVENT_HAS_RESERVATIONS"}"#.utf8))
            default: return .json(bytes: Array(#"{"success":true,"list":[]}"#.utf8))
            }
        }
    }

    private static let id = "11111111-2222-3333-4444-555555550000"

    @Test func onlyAdminsMayLookIn() async throws {
        let gateway = try await GatewayFixture.make()
        for path in ["events", "reservations", "users", "seat-layouts", "audit", "events/\(Self.id)"] {
            #expect(try await gateway.get("/api/admin/" + path).code == "NO_TOKEN")
            #expect(try await gateway.get("/api/admin/" + path, token: "x.y.z").code == "INVALID_TOKEN")
            let user = try await gateway.get("/api/admin/" + path, token: GatewayFixture.token(.user))
            #expect(user.status == 403)
            #expect(user.code == "ADMIN_REQUIRED")
        }
        // Who lost the role since the token was made is refused before the token ends.
        let id = UUID()
        try await gateway.database.query(
            "INSERT INTO auth_schema.users (id, email, password_hash, name, role) VALUES ($1, 'was@admin.gg', 'x', 'n', 'user')",
            [id.description])
        #expect(try await gateway.get("/api/admin/audit", token: GatewayFixture.token(.admin, id: id)).code == "ADMIN_REQUIRED")
        #expect(try await gateway.get("/api/admin/audit", token: GatewayFixture.token()).status == 200)
        try await gateway.close()
    }

    @Test func readsGoToTheOwner() async throws {
        let upstream = try await services()
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let token = GatewayFixture.token()
        #expect(try await gateway.get("/api/admin/reservations?status=confirmed&page=2", token: token).status == 200)
        let seen = try #require(upstream.seen.last)
        #expect(seen.target == "/internal/reservations?status=confirmed&page=2")
        #expect(seen.headers["authorization"] == "Bearer \(CommonConfig.developmentInternalToken)")
        #expect(try await gateway.get("/api/admin/users?search=kim", token: token).status == 200)
        #expect(upstream.seen.last?.target == "/internal/users?search=kim")
        #expect(try await gateway.get("/api/admin/payments?status=failed&alarmed=true", token: token).status == 200)
        #expect(upstream.seen.last?.target == "/internal/payments?status=failed&alarmed=true")
        let payment = UUID()
        #expect(try await gateway.get("/api/admin/payments/\(payment)", token: token).status == 200)
        #expect(upstream.seen.last?.target == "/internal/payments/\(payment)")
        #expect(try await gateway.get("/api/admin/payments/not-an-id", token: token).status == 404)
        #expect(try await gateway.get("/api/admin/payments/\(payment)", token: GatewayFixture.token(.user)).code == "ADMIN_REQUIRED")
        #expect(try await gateway.get("/api/admin/payments").code == "NO_TOKEN")
        #expect(try await gateway.get("/api/admin/events/not-an-id", token: token).status == 404)
        try await gateway.close()
        await upstream.stop()
    }

    @Test func anEventIsMadeFromAnInlineOrAStoredLayout() async throws {
        let upstream = try await services()
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let id = UUID()
        let token = GatewayFixture.token(.admin, id: id)
        let made = try await gateway.send(
            .post, "/api/admin/events", json: #"{"title":"공연","createdBy":"someone","seatLayout":{"sections":[\#(Self.section)]}}"#,
            token: token)
        #expect(made.status == 201)
        #expect(made.json["event"]?["totalSeats"]?.intValue == 30)
        var asked = try JSONValue.parse(try #require(upstream.seen.last).body)
        #expect(asked["createdBy"]?.stringValue == id.description)
        #expect(asked["seatLayout"]?["sections"]?[0]?["rows"]?.intValue == 3)

        let stored = try await gateway.send(
            .post, "/api/admin/seat-layouts", json: #"{"name":"작은 극장","layoutConfig":{"sections":[\#(Self.section)]}}"#, token: token)
        #expect(stored.status == 201)
        #expect(stored.json["seatLayout"]?["totalSeats"]?.intValue == 30)
        let layout = try #require(stored.json["seatLayout"]?["id"]?.stringValue)
        let again = try await gateway.send(
            .post, "/api/admin/seat-layouts", json: #"{"name":"작은 극장","seatLayout":{"sections":[\#(Self.section)]}}"#, token: token)
        #expect(again.code == "NAME_TAKEN")
        #expect(
            try await gateway.send(.post, "/api/admin/events", json: #"{"title":"공연","seatLayoutId":"\#(layout)"}"#, token: token).status
                == 201)
        asked = try JSONValue.parse(try #require(upstream.seen.last).body)
        #expect(asked["seatLayout"]?["sections"]?[0]?["price"]?.intValue == 150_000)
        #expect(asked["seatLayoutId"]?.stringValue == layout)

        for bad in [
            #"{"seatLayoutId":"\#(UUID())"}"#, #"{"seatLayoutId":"x"}"#, #"{"seatLayout":{"sections":[]}}"#, #"{"seatLayout":[]}"#,
            #"{"seatLayoutId":"\#(layout)","seatLayout":{"sections":[\#(Self.section)]}}"#,
            #"{"seatLayout":{"sections":[\#(Self.section),\#(Self.section)]}}"#,
            #"{"seatLayout":{"sections":[{"name":"A","rows":0,"seatsPerRow":10,"price":1}]}}"#,
            #"{"seatLayout":{"sections":[{"name":"A","rows":1000,"seatsPerRow":1000,"price":1}]}}"#,
        ] {
            let answer = try await gateway.send(.post, "/api/admin/events", json: bad, token: token)
            #expect(answer.code == "VALIDATION_FAILED", "\(bad): \(answer.text)")
        }
        try await gateway.close()
        await upstream.stop()
    }

    @Test func everyWriteLeavesARecord() async throws {
        let upstream = try await services()
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let token = GatewayFixture.token()
        let id = Self.id
        let body = #"{"title":"후"}"#
        #expect(try await gateway.send(.put, "/api/admin/events/\(id)", json: body, token: token).status == 200)
        #expect(try await gateway.send(.post, "/api/admin/events/\(id)/cancel", token: token).status == 200)
        #expect(try await gateway.send(.delete, "/api/admin/events/\(id)", token: token).code == "EVENT_HAS_RESERVATIONS")
        #expect(
            try await gateway.send(.patch, "/api/admin/reservations/\(id)/status", json: #"{"status":"cancelled"}"#, token: token).status
                == 200)
        let role = try await gateway.send(.patch, "/api/admin/users/\(id)/role", json: #"{"role":"admin"}"#, token: token)
        #expect(role.status == 200)
        #expect(role.json["before"] == nil)
        #expect(
            try await gateway.send(.put, "/api/admin/events/11111111-2222-3333-4444-555555550404", json: body, token: token).status == 404)
        await upstream.stop()
        #expect(try await gateway.send(.patch, "/api/admin/users/\(id)/role", json: #"{"role":"user"}"#, token: token).status >= 502)

        let trail = try await gateway.get("/api/admin/audit?limit=50", token: token)
        let records = try #require(trail.json["audit"]?.arrayValue).reversed().map { $0 }
        #expect(
            records.map { $0["action"]?.stringValue } == [
                "event.update", "event.cancel", "event.delete", "reservation.status", "user.role", "user.role",
            ])
        #expect(records.map { $0["outcome"]?.stringValue } == ["done", "done", "refused", "done", "done", "unknown"])
        #expect(records[0]["before"]?["title"]?.stringValue == "전")
        #expect(records[0]["after"]?["title"]?.stringValue == "후")
        #expect(records[0]["entityId"]?.stringValue == id)
        #expect(records[0]["actorEmail"]?.stringValue == "admin@example.com")
        #expect(records[0]["address"]?.stringValue == "127.0.0.1")
        #expect(records[4]["before"]?["role"]?.stringValue == "user")
        #expect(records[4]["after"]?["role"]?.stringValue == "admin")
        try await gateway.close()
    }

    @Test func nobodyTakesTheRoleFromThemselves() async throws {
        let gateway = try await GatewayFixture.make()
        let id = UUID()
        let answer = try await gateway.send(
            .patch, "/api/admin/users/\(id)/role", json: #"{"role":"user"}"#, token: GatewayFixture.token(.admin, id: id))
        #expect(answer.status == 409)
        try await gateway.close()
    }

    @Test func newsIsPinnedCountedAndRecorded() async throws {
        let gateway = try await GatewayFixture.make()
        let id = UUID()
        try await gateway.database.query(
            "INSERT INTO auth_schema.users (id, email, password_hash, name, role) VALUES ($1, 'a@admin.gg', 'x', '관리자', 'admin')",
            [id.description])
        let token = GatewayFixture.token(.admin, id: id)
        func post(_ title: String, pinned: Bool) async throws -> TestResponse {
            try await gateway.send(
                .post, "/api/news", json: #"{"title":"\#(title)","content":"본문","isPinned":\#(pinned),"author":"spoof"}"#, token: token)
        }
        let pinned = try await post("하나", pinned: true)
        #expect(pinned.status == 201)
        #expect(pinned.json["news"]?["author"]?.stringValue == "관리자")
        _ = try await post("둘", pinned: false)
        let third = try await post("셋", pinned: false)
        let list = try await gateway.get("/api/news?limit=2")
        #expect(list.json["news"]?.arrayValue?.map { $0["title"]?.stringValue } == ["하나", "셋"])
        #expect(list.json["pagination"]?["total"]?.intValue == 3)
        let news = try #require(third.json["news"]?["id"]?.stringValue)
        for views in 1...3 { #expect(try await gateway.get("/api/news/\(news)").json["news"]?["views"]?.intValue == views) }
        #expect(
            try await gateway.send(.put, "/api/news/\(news)", json: #"{"isPinned":true}"#, token: token).json["news"]?["title"]?.stringValue
                == "셋")
        #expect(try await gateway.send(.delete, "/api/news/\(news)", token: token).json["success"] == .bool(true))
        #expect(try await gateway.get("/api/news/\(news)").status == 404)
        #expect(try await gateway.send(.delete, "/api/news/\(news)", token: token).status == 404)
        #expect(try await gateway.send(.post, "/api/news", json: "{}", token: token).json["details"]?.arrayValue?.count == 2)
        #expect(try await gateway.send(.post, "/api/news", json: "{}", token: GatewayFixture.token(.user)).status == 403)
        #expect(try await gateway.send(.post, "/api/news", json: "{}").status == 401)
        #expect(try await gateway.get("/api/news?page=0").status == 400)
        let records = try await gateway.database.query("SELECT action FROM public.audit_log WHERE outcome = 'done' ORDER BY id")
        #expect(try records.map { try $0.string(0) } == ["news.create", "news.create", "news.create", "news.update", "news.delete"])
        try await gateway.close()
    }

    @Test func imagesAreKnownByTheirContent() async throws {
        let folder = try TemporaryDirectory("tiketi-uploads")
        let gateway = try await GatewayFixture.make(["UPLOAD_ROOT": folder.path + "/images"])
        let token = GatewayFixture.token()
        func upload(_ content: [UInt8], field: String = "image", type: String = "multipart/form-data; boundary=\"b-1\"") async throws
            -> TestResponse
        {
            let head =
                "--b-1\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--b-1\r\n"
                + "Content-Disposition: form-data; name=\"\(field)\"; filename=\"../../evil.sh\"\r\nContent-Type: text/html\r\n\r\n"
            let body = Array(head.utf8) + content + Array("\r\n--b-1--\r\n".utf8)
            return try await gateway.send(.post, "/api/image/upload", headers: ["Content-Type": type], body: .bytes(body), token: token)
        }
        let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        let stored = try await upload(png)
        #expect(stored.status == 201)
        let url = try #require(stored.json["url"]?.stringValue)
        #expect(url.hasPrefix("/uploads/") && url.hasSuffix(".png"))
        let image = try await gateway.get(url)
        #expect(image.body == png)
        #expect(image.headers["content-type"] == "image/png")
        #expect(image.headers["x-content-type-options"] == "nosniff")
        #expect(try await upload(Array("RIFFxxxxWEBPVP8 ".utf8)).json["url"]?.stringValue?.hasSuffix(".webp") == true)
        let script = try await upload(Array("#!/bin/sh".utf8))
        #expect(script.status == 415)
        #expect(script.code == "UNSUPPORTED_MEDIA_TYPE")
        #expect(try await upload(png, type: "application/octet-stream").status == 415)
        #expect(try await upload(png, field: "file").code == "VALIDATION_FAILED")
        #expect(try await upload(png + [UInt8](repeating: 0, count: 5 << 20)).code == "BODY_TOO_LARGE")
        for path in ["/uploads/none.png", "/uploads/\(UUID()).png", "/uploads/..png", "/uploads/\(UUID()).sh"] {
            #expect(try await gateway.get(path).status == 404)
        }
        #expect(try await gateway.send(.post, "/api/image/upload").status == 401)
        try await gateway.close()
    }
}
