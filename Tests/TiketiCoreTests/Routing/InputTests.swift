// Validation of bodies and queries: every rule, every message once, and what is left when a field did not pass.

import Testing
import TiketiJSON
import TiketiNet

@testable import TiketiCore

@Suite struct InputTests {
    private func reader(_ json: String) throws -> FieldReader { FieldReader(try JSONValue.parse(Array(json.utf8)).objectValue ?? []) }

    private enum Kind: String, CaseIterable { case user, admin }

    @Test func goodFields() throws {
        let id = UUID()
        var fields = try reader(
            """
            {"name":"  Kim  ","raw":" x ","empty":null,"count":3,"flag":false,"id":"\(id)","at":"2026-03-15T19:00:00+09:00",
             "price":150000.00,
             "list":[1,2],"ids":["\(id)","\(id)"],"role":"admin","password":" 비밀번호 "}
            """)
        let name = fields.string("name")
        let raw = fields.string("raw", trim: false)
        let empty = fields.optionalString("empty")
        let missing = fields.optionalString("missing")
        let count = fields.int("count", in: 1...5)
        let flag = fields.bool("flag")
        let read = fields.uuid("id")
        let at = fields.timestamp("at")
        let price = fields.won("price")
        let list = fields.array("list", max: 2)
        let ids = fields.uuids("ids")
        let role = fields.choice("role", as: Kind.self)
        let password = fields.bytes("password", min: 8, max: 72)
        try fields.finish()
        #expect(name == "Kim" && raw == " x " && empty == nil && missing == nil && count == 3 && !flag && read == id)
        #expect(at.rfc3339 == "2026-03-15T10:00:00Z")
        #expect(price == 150_000 && list.count == 2 && ids == [id] && role == .admin && password == " 비밀번호 ")
        #expect(fields.has("empty") && !fields.has("missing"))
    }

    @Test func everyFaultOnce() throws {
        var fields = try reader(
            """
            {"blank":"  ","long":"abcdef","number":"5","nul":"a\\u0000b","count":1.5,"huge":1e300,"flag":"true","id":"7",
             "at":"tomorrow","price":-1,"list":{},"many":[1,2,3],"ids":["x"],"role":"root","short":"1234567","emoji":"😀😀😀"}
            """)
        _ = fields.string("missing")
        _ = fields.string("blank")
        _ = fields.string("long", max: 5)
        _ = fields.int("number", in: 0...9)
        _ = fields.string("nul")
        _ = fields.int("count", in: 0...9)
        _ = fields.int("huge", in: 0...9)
        _ = fields.bool("flag")
        _ = fields.uuid("id")
        _ = fields.timestamp("at")
        _ = fields.won("price")
        _ = fields.array("list")
        _ = fields.array("many", max: 2)
        _ = fields.uuids("ids")
        _ = fields.choice("role", as: Kind.self)
        _ = fields.bytes("short", min: 8, max: 72)
        _ = fields.bytes("none", min: 8, max: 72)
        let emoji = fields.string("emoji", max: 3)
        #expect(emoji == "😀😀😀")
        #expect(
            fields.errors.map(\.field) == [
                "missing", "blank", "long", "number", "nul", "count", "huge", "flag", "id", "at", "price", "list", "many", "ids[0]", "role",
                "short", "none",
            ])
        #expect(fields.errors.first == FieldError("missing", "is required"))
        let all = fields
        #expect { try all.finish() } throws: { ($0 as? APIError)?.details.count == 17 && ($0 as? APIError)?.status == .badRequest }
    }

    @Test func query() throws {
        let id = UUID()
        let query = QueryParameters(
            "page=2&search=%EC%95%84%EC%9D%B4%EC%9C%A0+IU&flag=true&id=\(id)&blank=&twice=1&twice=2&role=admin&bad=%zz&plain")
        #expect(try query.int("page", default: 1, in: 1...9) == 2)
        #expect(try query.int("none", default: 1, in: 1...9) == 1)
        #expect(try query.string("search") == "아이유 IU")
        #expect(try query.string("blank") == nil)
        #expect(try query.bool("flag") == true)
        #expect(try query.uuid("id") == id)
        #expect(try query.int("twice", in: 0...9) == 1)
        #expect(try query.choice("role", as: Kind.self) == .admin)
        #expect(query["plain"] == "")
        #expect(throws: APIError.self) { try query.string("bad") }
        #expect(throws: APIError.self) { try query.int("search", in: 0...9) }
        #expect(throws: APIError.self) { try query.int("page", in: 3...9) }
        #expect(throws: APIError.self) { try query.string("search", max: 3) }
        #expect(throws: APIError.self) { try query.uuid("page") }
        #expect(throws: APIError.self) { try query.bool("page") }
    }

    @Test(arguments: ["page=0", "page=-1", "page=x", "page=1000001", "limit=0", "limit=101", "limit=1e3", "page=99999999999999999999"])
    func badPages(query: String) {
        #expect { try Page.read(from: QueryParameters(query)) } throws: { ($0 as? APIError)?.code == "VALIDATION_FAILED" }
    }

    @Test func pages() throws {
        #expect(try Page.read(from: QueryParameters("")) == Page(page: 1, limit: 20))
        let page = try Page.read(from: QueryParameters("page=3&limit=100"), default: 10)
        #expect(page == Page(page: 3, limit: 100))
        #expect(page.offset == 200)
        var writer = JSONWriter()
        writer.object { $0.pagination(page, total: 201) }
        #expect(
            String(decoding: writer.finish(), as: UTF8.self) == #"{"pagination":{"total":201,"page":3,"limit":100,"totalPages":3}}"#)
    }
}
