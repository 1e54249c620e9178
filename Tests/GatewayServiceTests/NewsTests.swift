// News: who sees what of it, in which order, and how views are counted.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct NewsTests {
    /// A look at the head, and what a browser fetches before anybody asked for it, are no views; views are written together.
    @Test func viewsAreCountedInMemory() async throws {
        let gateway = try await GatewayFixture.make()
        let made = try await gateway.send(
            .post, "/api/news", json: #"{"title":"하나","content":"본문"}"#, token: GatewayFixture.token())
        let path = "/api/news/" + (try #require(made.json["news"]?["id"]?.stringValue))
        func stored() async throws -> Int { try await gateway.database.query("SELECT views::int FROM public.news")[0].int(0) }
        #expect(try await gateway.send(.head, path).status == 200)
        for headers in [["Sec-Purpose": "prefetch;prerender"], ["Purpose": "prefetch"], ["X-Moz": "prefetch"]] as [HTTPHeaders] {
            #expect(try await gateway.send(.get, path, headers: headers).json["news"]?["views"]?.intValue == 0)
        }
        for views in 1...20 { #expect(try await gateway.get(path).json["news"]?["views"]?.intValue == views) }
        // No statement for each of them.
        #expect(try await stored() < 20)
        #expect(try await gateway.get("/api/news").json["news"]?[0]?["views"]?.intValue == 20)
        await gateway.process.stop(grace: .seconds(1))
        #expect(try await stored() == 20)
        try await gateway.database.drop()
    }

    @Test func newsIsPinnedCountedAndRecorded() async throws {
        let gateway = try await GatewayFixture.make()
        let token = GatewayFixture.token()
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

    /// A draft is nothing to the public until it is published; then it is new, whenever it was begun.
    @Test func draftsAreForAdminsAlone() async throws {
        let gateway = try await GatewayFixture.make()
        let token = GatewayFixture.token()
        func post(_ title: String, _ more: String = "") async throws -> String {
            let made = try await gateway.send(.post, "/api/news", json: #"{"title":"\#(title)","content":"본문"\#(more)}"#, token: token)
            #expect(made.status == 201)
            return try #require(made.json["news"]?["id"]?.stringValue)
        }
        func titles(_ path: String, token: String? = nil) async throws -> [String?] {
            let answer = try await gateway.get(path, token: token)
            let found = try #require(answer.json["news"]?.arrayValue).map { $0["title"]?.stringValue }
            #expect(answer.json["pagination"]?["total"]?.intValue == found.count)
            return found
        }
        let draft = try await post("초안", #","isDraft":true,"isPinned":true"#)
        _ = try await post("하나")
        _ = try await post("둘")
        #expect(try await titles("/api/news") == ["둘", "하나"])
        // Not even a token opens the public's page.
        #expect(try await titles("/api/news", token: token) == ["둘", "하나"])
        #expect(try await gateway.get("/api/news/\(draft)", token: token).status == 404)
        #expect(try await titles("/api/admin/news", token: token) == ["초안", "둘", "하나"])
        #expect(try await titles("/api/admin/news?status=draft", token: token) == ["초안"])
        #expect(try await titles("/api/admin/news?status=published", token: token) == ["둘", "하나"])
        #expect(try await gateway.get("/api/admin/news?status=hidden", token: token).code == "VALIDATION_FAILED")
        for path in ["/api/admin/news", "/api/admin/news/\(draft)"] {
            #expect(try await gateway.get(path).status == 401)
            #expect(try await gateway.get(path, token: GatewayFixture.token(.user)).status == 403)
        }
        let shown = try await gateway.get("/api/admin/news/\(draft)", token: token)
        #expect(shown.json["news"]?["isDraft"] == .bool(true))
        #expect(shown.json["news"]?["publishedAt"] == .null)

        let published = try await gateway.send(.put, "/api/news/\(draft)", json: #"{"isDraft":false,"isPinned":false}"#, token: token)
        #expect(published.json["news"]?["isDraft"] == .bool(false))
        let moment = try #require(published.json["news"]?["publishedAt"]?.stringValue)
        #expect(try await titles("/api/news") == ["초안", "둘", "하나"])
        #expect(try await gateway.get("/api/news/\(draft)").json["news"]?["views"]?.intValue == 1)
        // Later edits leave the day; looking as an admin is no view.
        let edited = try await gateway.send(.put, "/api/news/\(draft)", json: #"{"title":"새","isDraft":false}"#, token: token)
        #expect(edited.json["news"]?["publishedAt"]?.stringValue == moment)
        #expect(try await gateway.get("/api/admin/news/\(draft)", token: token).json["news"]?["views"]?.intValue == 1)
        // And back.
        #expect(try await gateway.send(.put, "/api/news/\(draft)", json: #"{"isDraft":true}"#, token: token).status == 200)
        #expect(try await titles("/api/news") == ["둘", "하나"])
        #expect(try await gateway.get("/api/news/\(draft)").status == 404)
        let records = try await gateway.database.query(
            "SELECT before ->> 'isDraft', after ->> 'isDraft' FROM public.audit_log WHERE action = 'news.update' ORDER BY id")
        #expect(try records.map { "\(try $0.string(0))>\(try $0.string(1))" } == ["true>false", "false>false", "false>true"])
        try await gateway.close()
    }

    /// The version before says nothing of drafts while it runs beside this one: what it writes is published.
    @Test func whatTheVersionBeforeWritesIsPublished() async throws {
        let gateway = try await GatewayFixture.make()
        try await gateway.database.query(
            "INSERT INTO public.news (title, content, author, author_id) VALUES ('옛', '본문', 'a', gen_random_uuid())")
        #expect(try await gateway.get("/api/news").json["news"]?[0]?["isDraft"] == .bool(false))
        try await gateway.close()
    }

    /// A database that is away loses no view: they are kept, and written when it is back.
    @Test func viewsWaitForTheDatabase() async throws {
        let gateway = try await GatewayFixture.make()
        let made = try await gateway.send(
            .post, "/api/news", json: #"{"title":"하나","content":"본문"}"#, token: GatewayFixture.token())
        let path = "/api/news/" + (try #require(made.json["news"]?["id"]?.stringValue))
        try await gateway.database.query("ALTER TABLE public.news ADD CONSTRAINT no_views CHECK (views = 0) NOT VALID")
        for _ in 1...5 { #expect(try await gateway.get(path).status == 200) }
        func failures() async throws -> Bool {
            let lines = try await gateway.get("/metrics").text.split(separator: "\n")
            let line = lines.first { $0.hasPrefix(#"tiketi_job_failures_total{job="news-views"#) }
            return line.map { !$0.hasSuffix(" 0") } ?? false
        }
        try await eventually { try await failures() }
        #expect(try await gateway.get("/api/news").json["news"]?[0]?["views"]?.intValue == 5)
        try await gateway.database.query("ALTER TABLE public.news DROP CONSTRAINT no_views")
        try await eventually { try await gateway.database.query("SELECT views::int FROM public.news")[0].int(0) == 5 }
        try await gateway.close()
    }
}
