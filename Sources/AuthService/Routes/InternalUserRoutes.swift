// What the gateway's admin pages ask of auth: list users, change a role. Only with the internal token.
import TiketiCore
import TiketiNet

struct InternalUserRoutes: Sendable {
    let accounts: AccountService

    func install(on router: Router, with authorise: any Middleware) {
        let options = RouteOptions(middleware: [authorise])
        router.get("/internal/users", options) { try await list($0) }
        router.patch("/internal/users/:id/role", options) { try await setRole($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query)
        let found = try await accounts.list(search: try query.string("search"), limit: page.limit, offset: page.offset)
        return .success { json in
            json.array("users", found.users) { json, user in json.object { user.write(to: &$0) } }
            json.pagination(page, total: found.total)
        }
    }

    private func setRole(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        let role = fields.choice("role", as: Role.self)
        try fields.finish()
        let change = try await accounts.setRole(userID: id, role ?? .user)
        return .success { json in
            json.object("before") { change.before.write(to: &$0) }
            json.object("user") { change.after.write(to: &$0) }
        }
    }
}
