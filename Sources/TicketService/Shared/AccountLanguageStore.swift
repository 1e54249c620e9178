// In which language each account is written to, from auth's view.
import TiketiCore
import TiketiNet
import TiketiStore

/// Reads the languages of accounts.
struct AccountLanguageStore: Sendable {
    let postgres: PostgresPool

    /// The languages of those accounts that exist; none when the database does not answer, as a message in the default language is better
    /// than none.
    func languages(of users: [UUID]) async -> [UUID: Language] {
        guard !users.isEmpty else { return [:] }
        let sql = "SELECT user_id, language FROM public.account_languages WHERE user_id = ANY ($1::uuid[])"
        guard let rows = try? await postgres.read(sql, [.uuidArray(users)], timeout: .seconds(1)) else { return [:] }
        var languages: [UUID: Language] = [:]
        for row in rows {
            guard let user = try? row.uuid(0), let text = try? row.string(1) else { continue }
            languages[user] = Language(rawValue: text)
        }
        return languages
    }
}
