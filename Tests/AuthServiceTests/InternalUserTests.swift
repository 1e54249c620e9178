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
