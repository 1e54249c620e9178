// What the gateway's admin pages ask of auth: list users, change a role. Only with the internal token.
import TiketiContracts
import TiketiCore
import TiketiNet

struct InternalUserRoutes: Sendable {
    let accounts: AccountService

    func install(on router: Router, with authorise: any Middleware) {
        let options = RouteOptions(middleware: [authorise])
        router.on(AuthAPI.users.method, AuthAPI.users.pattern, options) { try await list($0) }
        router.on(AuthAPI.changeRole.method, AuthAPI.changeRole.pattern, options) { try await setRole($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query)
        let found = try await accounts.list(search: try query.string("search"), limit: page.limit, offset: page.offset)
        return .success { json in
            json.array("users", found.users) { json, user in json.object { user.account.write(to: &$0) } }
            json.pagination(page, total: found.total)
        }
    }

    private func setRole(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        let role = fields.choice(AuthAPI.roleField, as: Role.self)
        try fields.finish()
        let change = try await accounts.setRole(userID: id, role ?? .user)
        return .success { AuthAPI.RoleChange(before: change.before.account, user: change.after.account).write(to: &$0) }
    }
}
