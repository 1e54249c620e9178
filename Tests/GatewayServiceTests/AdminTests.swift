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
        // An account that is gone, or never was, proves nothing; so does a database that can't say.
        #expect(try await gateway.get("/api/admin/audit", token: GatewayFixture.token(.admin, id: UUID())).code == "ADMIN_REQUIRED")
        #expect(try await gateway.get("/api/admin/audit", token: GatewayFixture.token()).status == 200)
        try await gateway.close()
    }

    @Test func whatCannotBeUndoneWantsThePasswordAgain() async throws {
        let upstream = try await services()
        let gateway = try await GatewayFixture.make(upstream: upstream.port, ["REAUTHENTICATION_SECONDS": "60"])
        func token(signedIn age: Int) async throws -> String {
            let session = SessionClaims(id: UUID(), generation: 0, authenticatedAt: Timestamp.now().adding(seconds: -age))
            try await gateway.database.query(
                "INSERT INTO auth_schema.sessions (id, user_id, generation, expires_at) VALUES ($1, $2, 0, now() + interval '1 day')",
                [session.id.description, GatewayFixture.adminID.description])
            return GatewayFixture.token(session: session)
        }
        let (fresh, old) = (try await token(signedIn: 5), try await token(signedIn: 90))
        for (method, path, body) in [
            (HTTPMethod.patch, "/api/admin/users/\(Self.id)/role", #"{"role":"admin"}"#),
            (.post, "/api/admin/events/\(Self.id)/cancel", "{}"),
        ] {
            let refused = try await gateway.send(method, path, json: body, token: old)
            #expect(refused.status == 401)
            #expect(refused.code == "REAUTHENTICATION_REQUIRED")
            #expect(try await gateway.send(method, path, json: body, token: fresh).status == 200)
        }
        // Everything else goes on.
        #expect(try await gateway.get("/api/admin/audit", token: old).status == 200)
        // A session that ended is over for administrators within five seconds, and at once where it was not seen before.
        let ended = try await token(signedIn: 1)
        try await gateway.database.query("UPDATE auth_schema.sessions SET ended_at = now()")
        #expect(try await gateway.get("/api/admin/audit", token: ended).code == "SESSION_ENDED")
        try await gateway.close()
        await upstream.stop()
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

    /// Names of layouts, of their sections and of keywords are kept composed and without invisible characters, or refused.
    @Test func namesFollowTheRuleForTexts() async throws {
        let gateway = try await GatewayFixture.make()
        let token = GatewayFixture.token()
        func layout(_ name: String, _ section: String) async throws -> TestResponse {
            try await gateway.send(
                .post, "/api/admin/seat-layouts",
                json:
                    "{\"name\":\"\(name)\",\"seatLayout\":{"
                    + "\"sections\":[{\"name\":\"\(section)\",\"rows\":1,\"seatsPerRow\":1,\"price\":1}]}}",
                token: token)
        }
        let kept = try await layout("Cafe\u{301}\u{200B}", "\u{FEFF}\u{1112}\u{1161}\u{11AB}\u{AD}").json["seatLayout"]
        #expect(kept?["name"]?.stringValue.map { Array($0.unicodeScalars) } == Array("Caf\u{E9}".unicodeScalars))
        let section = kept?["layoutConfig"]?["sections"]?[0]?["name"]?.stringValue
        #expect(section.map { Array($0.unicodeScalars) } == Array("\u{D55C}".unicodeScalars))
        for blank in ["\u{200B}", "\u{3000}", "A\u{7F}"] {
            #expect(try await layout("Hall", blank).code == "VALIDATION_FAILED")
            #expect(try await layout(blank, "A").code == "VALIDATION_FAILED")
            let keyword = try await gateway.send(
                .post, "/api/admin/keywords", json: "{\"korean\":\"\(blank)\",\"english\":\"IU\"}", token: token)
            #expect(keyword.code == "VALIDATION_FAILED")
        }
        try await gateway.close()
    }

    @Test func anEventIsMadeFromAnInlineOrAStoredLayout() async throws {
        let upstream = try await services()
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let id = GatewayFixture.adminID
        let token = GatewayFixture.token()
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

    @Test func postersAreImagesOfPages() async throws {
        let upstream = try await services()
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let token = GatewayFixture.token()
        func make(_ url: String) async throws -> TestResponse {
            try await gateway.send(
                .post, "/api/admin/events",
                json: #"{"title":"공연","posterImageUrl":"\#(url)","seatLayout":{"sections":[\#(Self.section)]}}"#,
                token: token)
        }
        for url in ["https://images.example/a.png?x=1", "HTTP://images.example", "/uploads/a.png", "", " "] {
            #expect(try await make(url).status == 201, "\(url)")
        }
        for url in [
            "javascript:alert(1)", "data:text/html,x", "//evil.example/a.png", "/uploads/../api/auth/logout", "/uploads/", "/api/events",
            "https://", "ftp://x/a.png", "https://user@x/a.png", "https://x/a b.png", #"https://x/\"onerror"#, "file:///etc/passwd",
        ] {
            let answer = try await make(url)
            #expect(answer.code == "VALIDATION_FAILED", "\(url)")
            #expect(answer.json["details"]?[0]?["field"]?.stringValue == "posterImageUrl")
            let edit = try await gateway.send(
                .put, "/api/admin/events/\(Self.id)", json: #"{"posterImageUrl":"\#(url)"}"#, token: token)
            #expect(edit.code == "VALIDATION_FAILED", "\(url)")
        }
        try await gateway.close()
        await upstream.stop()
    }

    /// Who lost the role gets no answer that the key remembers from before, and nobody's key is taken by a refusal.
    @Test func idempotencyComesAfterAuthorisation() async throws {
        let gateway = try await GatewayFixture.make()
        let id = UUID()
        try await gateway.database.query(
            "INSERT INTO auth_schema.users (id, email, password_hash, name, role) VALUES ($1, 'b@admin.gg', 'x', 'n', 'admin')",
            [id.description])
        func post() async throws -> TestResponse {
            try await gateway.send(
                .post, "/api/news", headers: ["Idempotency-Key": "one"], json: #"{"title":"하나","content":"본문"}"#,
                token: GatewayFixture.token(.admin, id: id))
        }
        let first = try await post()
        #expect(first.status == 201)
        #expect(try await post().headers["idempotency-replayed"] == "true")
        try await gateway.database.query("UPDATE auth_schema.users SET role = 'user' WHERE id = $1", [id.description])
        // A role that changes behind auth's back counts for five seconds at most.
        try await eventually { try await post().code == "ADMIN_REQUIRED" }
        try await gateway.database.query("DELETE FROM auth_schema.users WHERE id = $1", [id.description])
        #expect(try await post().code == "ADMIN_REQUIRED")
        let buyer = try await gateway.send(
            .post, "/api/news", headers: ["Idempotency-Key": "two"], json: "{}", token: GatewayFixture.token(.user))
        #expect(buyer.code == "ADMIN_REQUIRED")
        #expect(try await gateway.database.query("SELECT key FROM public.idempotency_keys").count == 1)
        try await gateway.close()
    }

    @Test func stuckPaymentsAreSettled() async throws {
        let upstream = try await Upstreams.start { request in
            let state = request.method == .post ? "cancelled" : "pending"
            return .json(bytes: Array(#"{"success":true,"payment":{"id":"p","status":"\#(state)"}}"#.utf8))
        }
        let gateway = try await GatewayFixture.make(["PAYMENT_SERVICE_URL": "http://127.0.0.1:\(upstream.port)"])
        let path = "/api/admin/payments/\(Self.id)/settle"
        #expect(try await gateway.send(.post, path, token: GatewayFixture.token(.user)).status == 403)
        #expect(try await gateway.send(.post, path, token: GatewayFixture.token()).json["payment"]?["status"] == .string("cancelled"))
        #expect(
            upstream.seen.map { "\($0.method) \($0.target)" } == [
                "GET /internal/payments/\(Self.id)", "POST /internal/payments/\(Self.id)/settle",
            ])
        let record = try await gateway.get("/api/admin/audit", token: GatewayFixture.token()).json["audit"]?[0]
        #expect(record?["action"] == .string("payment.settle") && record?["outcome"] == .string("done"))
        #expect(record?["before"]?["status"] == .string("pending") && record?["after"]?["status"] == .string("cancelled"))
        try await gateway.close()
        await upstream.stop()
    }

    @Test func layoutsAreEditedAndDeleted() async throws {
        let gateway = try await GatewayFixture.make()
        let token = GatewayFixture.token()
        func make(_ name: String) async throws -> TestResponse {
            try await gateway.send(
                .post, "/api/admin/seat-layouts",
                json: #"{"name":"\#(name)","description":"d","layoutConfig":{"sections":[\#(Self.section)]}}"#,
                token: token)
        }
        let id = try #require(try await make("하나").json["seatLayout"]?["id"]?.stringValue)
        _ = try await make("둘")
        let path = "/api/admin/seat-layouts/\(id)"
        #expect(try await gateway.send(.put, path, json: #"{"name":"둘"}"#, token: token).code == "NAME_TAKEN")
        let edited = try await gateway.send(
            .put, path, json: #"{"description":null,"layoutConfig":{"sections":[{"name":"A","rows":2,"seatsPerRow":2,"price":1}]}}"#,
            token: token)
        #expect(edited.json["seatLayout"]?["name"]?.stringValue == "하나")
        #expect(edited.json["seatLayout"]?["description"] == .null)
        #expect(edited.json["seatLayout"]?["totalSeats"]?.intValue == 4)
        #expect(try await gateway.get(path, token: token).json["seatLayout"] == edited.json["seatLayout"])
        #expect(try await gateway.send(.put, path, json: #"{"layoutConfig":{"sections":[]}}"#, token: token).status == 400)
        #expect(try await gateway.send(.delete, path, token: GatewayFixture.token(.user)).status == 403)
        #expect(try await gateway.send(.delete, path, token: token).status == 200)
        #expect(try await gateway.send(.delete, path, token: token).status == 404)
        #expect(try await gateway.send(.put, path, json: #"{"name":"x"}"#, token: token).status == 404)
        let records = try await gateway.database.query("SELECT action FROM public.audit_log ORDER BY id")
        #expect(try records.map { try $0.string(0) } == ["layout.create", "layout.create", "layout.update", "layout.delete"])
        try await gateway.close()
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

    /// Auth lists and ends them; what was live stands in the record.
    @Test func usersAreSignedOutEverywhere() async throws {
        let live = #"[{"id":"s","device":"phone"}]"#
        let upstream = try await Upstreams.start { request in
            let text =
                request.method == .get ? #"{"success":true,"sessions":\#(live)}"# : #"{"success":true,"before":\#(live),"sessions":[]}"#
            return .json(bytes: Array(text.utf8))
        }
        let gateway = try await GatewayFixture.make(["AUTH_SERVICE_URL": "http://127.0.0.1:\(upstream.port)"])
        let path = "/api/admin/users/\(Self.id)/sessions"
        for method in [HTTPMethod.get, .delete] {
            #expect(try await gateway.send(method, path).status == 401)
            #expect(try await gateway.send(method, path, token: GatewayFixture.token(.user)).code == "ADMIN_REQUIRED")
        }
        #expect(upstream.seen.isEmpty)
        #expect(try await gateway.get(path, token: GatewayFixture.token()).json["sessions"]?[0]?["device"]?.stringValue == "phone")
        let ended = try await gateway.send(.delete, path, token: GatewayFixture.token())
        #expect(ended.status == 200 && ended.json["before"] == nil && ended.json["sessions"]?.arrayValue == [])
        #expect(upstream.seen.map { "\($0.method) \($0.target)" } == ["GET", "DELETE"].map { "\($0) /internal/users/\(Self.id)/sessions" })
        let record = try await gateway.database.query("SELECT action, entity_id, outcome, before::text, after::text FROM public.audit_log")
        #expect(record.count == 1)
        #expect(try (0..<3).map { try record[0].string($0) } == ["user.sessions.end", "\(Self.id)", "done"])
        #expect(try record[0].string(3).contains("phone") && record[0].string(4) == "[]")
        try await gateway.close()
        await upstream.stop()
    }

    @Test func nobodyTakesTheRoleFromThemselves() async throws {
        let gateway = try await GatewayFixture.make()
        let id = GatewayFixture.adminID
        let answer = try await gateway.send(
            .patch, "/api/admin/users/\(id)/role", json: #"{"role":"user"}"#, token: GatewayFixture.token())
        #expect(answer.status == 409)
        try await gateway.close()
    }
}
