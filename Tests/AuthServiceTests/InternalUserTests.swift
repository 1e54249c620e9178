// What the gateway's admin pages ask: lists and roles, with the internal token only.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import AuthService

@Suite struct InternalUserTests {
    @Test func onlyServicesMayAsk() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        #expect(try await auth.app.get("/internal/users").code == "NO_TOKEN")
        #expect(try await auth.app.get("/internal/users", token: user.token).code == "INVALID_TOKEN")
        #expect(
            try await auth.app.send(.patch, "/internal/users/\(user.id)/role", json: #"{"role":"admin"}"#, token: user.token).status == 401)
        try await auth.close()
    }

    @Test func listsByPartsOfNameAndEmail() async throws {
        let auth = try await AuthFixture.make()
        for index in 0..<5 { _ = try await auth.register("list\(index)%_@example.com") }
        func list(_ query: String) async throws -> TestResponse {
            try await auth.app.get("/internal/users?\(query)", token: AuthFixture.internalToken)
        }
        let page = try await list("limit=2&page=2")
        #expect(page.json["users"]?.arrayValue?.count == 2)
        #expect(page.json["pagination"]?["total"]?.intValue == 5)
        #expect(page.json["pagination"]?["totalPages"]?.intValue == 3)
        #expect(page.json["users"]?[0]?["passwordHash"] == nil)
        #expect(try await list("search=LIST3").json["users"]?.arrayValue?.count == 1)
        // What looks like a pattern is not one.
        #expect(try await list("search=%25%25").json["users"]?.arrayValue?.count == 0)
        #expect(try await list("search=%25_").json["users"]?.arrayValue?.count == 5)
        #expect(try await list("page=9").json["pagination"]?["total"]?.intValue == 5)
        #expect(try await list("limit=101").status == 400)
        try await auth.close()
    }

    /// A lost phone: the operator sees where the user is signed in and ends it all; a new sign-in works.
    @Test func sessionsAreSeenAndEnded() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        let other = try await auth.register()
        _ = try await auth.login(user.email, "correct horse")
        func sessions(_ method: HTTPMethod, _ id: String, _ token: String = AuthFixture.internalToken) async throws -> TestResponse {
            try await auth.app.send(method, "/internal/users/\(id)/sessions", token: token)
        }
        let seen = try await sessions(.get, user.id)
        #expect(seen.status == 200 && seen.json["sessions"]?.arrayValue?.count == 2)
        #expect(seen.json["sessions"]?[0]?["lastUsedAt"]?.stringValue != nil)
        for method in [HTTPMethod.get, .delete] {
            #expect(try await sessions(method, user.id, user.token).status == 401)
            #expect(try await sessions(method, UUID().description).status == 404)
        }
        let ended = try await sessions(.delete, user.id)
        #expect(ended.status == 200 && ended.json["before"] == seen.json["sessions"] && ended.json["sessions"]?.arrayValue == [])
        #expect(try await auth.app.send(.post, "/api/auth/refresh", token: user.token).code == "SESSION_ENDED")
        #expect(try await auth.app.send(.post, "/api/auth/refresh", token: other.token).status == 200)
        let again = try await auth.login(user.email, "correct horse").json["token"]?.stringValue ?? ""
        #expect(try await auth.app.send(.post, "/api/auth/refresh", token: again).status == 200)
        #expect(try await sessions(.get, user.id).json["sessions"]?.arrayValue?.count == 1)
        try await auth.close()
    }

    @Test func changesARole() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        func role(_ id: String, _ role: String) async throws -> TestResponse {
            try await auth.app.send(.patch, "/internal/users/\(id)/role", json: #"{"role":"\#(role)"}"#, token: AuthFixture.internalToken)
        }
        let changed = try await role(user.id, "admin")
        #expect(changed.status == 200)
        #expect(changed.json["before"]?["role"]?.stringValue == "user")
        #expect(changed.json["user"]?["role"]?.stringValue == "admin")
        #expect(try await role(user.id, "king").status == 400)
        #expect(try await role(UUID().description, "admin").status == 404)
        #expect(try await role("not-an-id", "admin").status == 404)
        try await auth.close()
    }
}
