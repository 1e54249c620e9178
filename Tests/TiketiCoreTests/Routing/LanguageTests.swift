// Errors speak Korean to those who read it, and say the same code to programs.

import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiCore

@Suite struct LanguageTests {
    @Test(arguments: [
        ("ko", Language.korean), ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", .korean), ("en-US,en;q=0.9,ko;q=0.8", .english), ("EN", .english),
        ("en;q=0.3, ko;q=0.9", .korean), ("ko;q=0, en;q=0.1", .english), ("fr, ko;q=0.5", .korean), ("en, ko", .english),
    ])
    func preferred(_ field: String, _ language: Language) { #expect(Language.preferred(by: field) == language) }

    @Test(arguments: ["", "fr", "*", "ko;q=0", "korean"]) func neither(_ field: String) { #expect(Language.preferred(by: field) == nil) }

    @Test func errorsInTheClientsLanguage() async throws {
        let router = Router()
        router.get("/api/x") { _ in throw APIError.adminRequired }
        router.get("/api/y") { _ in throw APIError.conflict("A_CODE_NOBODY_TRANSLATED", "Untranslated") }
        let app = TestApp(router)
        let korean = try await app.send(.get, "/api/x", headers: ["Accept-Language": "ko-KR,en;q=0.5"])
        #expect(korean.code == "ADMIN_REQUIRED" && korean.json["error"]?.stringValue == "관리자 권한이 필요합니다.")
        #expect(korean.headers["Vary"] == "Accept-Language")
        #expect(try await app.get("/api/x").json["error"]?.stringValue == "Admin access required")
        let other = try await app.send(.get, "/api/y", headers: ["Accept-Language": "ko"])
        #expect(other.json["error"]?.stringValue == "Untranslated")
        // Answers of the router itself too.
        let missing = try await app.send(.get, "/nowhere", headers: ["Accept-Language": "ko"])
        #expect(missing.status == 404 && missing.json["error"]?.stringValue == "찾을 수 없습니다.")
    }
}
