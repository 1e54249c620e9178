// What the gateway's admin pages ask of auth: list users, change a role, see and end a user's sessions. Only with the internal token.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

struct InternalUserRoutes: Sendable {
    let accounts: AccountService

    func install(on router: some RouterMethods) {
        router.answer(AuthAPI.users) { try await list($0) }
        router.answer(AuthAPI.changeRole) { try await setRole($0) }
        router.answer(AuthAPI.userSessions) { context in
            let sessions = try await accounts.sessions.list(ofUser: try context.uuidParameter("id"))
            return .success { Self.write(sessions, "sessions", to: &$0) }
        }
        router.answer(AuthAPI.endUserSessions) { context in
            let ended = try await accounts.endSessions(ofUser: try context.uuidParameter("id"))
            return .success {
                Self.write(ended, "before", to: &$0)
                Self.write([], "sessions", to: &$0)
            }
        }
    }

    private static func write(_ sessions: [Session], _ name: StaticString, to json: inout JSONWriter) {
        json.array(name, sessions) { json, session in json.object { session.write(to: &$0) } }
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
