// What organisers and auditors take away: tables for spreadsheets, the trail's chain, mappings of words.
import Testing
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import GatewayService
@testable import TiketiCLI

@Suite struct RecordTests {
    // MARK: Tables

    @Test func formulasAreDefused() {
        var csv = CSVWriter()
        csv.line(["=1+1", "+82 10", "-5", "-5-cmd", "@x", "\tx", "＝x", "plain", "a,b", "say \"x\"", "two\nlines", "", "서울"])
        #expect(
            String(decoding: csv.take(), as: UTF8.self)
                == "'=1+1,'+82 10,-5,'-5-cmd,'@x,'\tx,'＝x,plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",,서울\r\n")
        #expect(csv.take().isEmpty)
    }

    @Test func reservationsAreExportedPageAfterPage() async throws {
        let upstream = try await Upstreams.start { request in
            let query = QueryParameters(request.query)
            guard let page = query["page"].flatMap({ Int($0) }), query["limit"] == "100" else {
                return .json(.badRequest, bytes: Array(#"{"success":false,"error":"limit","code":"VALIDATION_FAILED"}"#.utf8))
            }
            if query["status"] == "wrong" {
                return .json(.badRequest, bytes: Array(#"{"success":false,"error":"status must be","code":"VALIDATION_FAILED"}"#.utf8))
            }
            let rows = (0..<(page < 3 ? 100 : 5)).map { index in
                #"{"reservationNumber":"TKT-\#(page)-\#(index)","event":{"title":"=HYPERLINK(1)"},"totalAmount":1000,"#
                    + #""seats":[{"seatLabel":"A-1-1"},{"seatLabel":"A-1-2"}],"status":"confirmed"}"#
            }
            return .json(bytes: Array(#"{"success":true,"reservations":[\#(rows.joined(separator: ","))]}"#.utf8))
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let token = GatewayFixture.token()
        let path = "/api/admin/reservations.csv"
        #expect(try await gateway.get(path).status == 401)
        #expect(try await gateway.get(path, token: GatewayFixture.token(.user)).status == 403)
        let refused = try await gateway.get(path + "?status=wrong", token: token)
        #expect(refused.status == 400 && refused.code == "VALIDATION_FAILED")
        let table = try await gateway.get(path + "?status=confirmed&page=7&limit=1", token: token)
        #expect(table.headers["content-type"] == "text/csv; charset=utf-8")
        #expect(table.headers["content-disposition"] == #"attachment; filename="reservations.csv""#)
        #expect(table.headers["cache-control"] == "no-store")
        #expect(table.body.starts(with: CSVWriter.mark))
        let lines = table.text.split(separator: "\r\n")
        #expect(lines.count == 206)
        #expect(lines[1].hasPrefix("TKT-1-0,,confirmed,,1000,,'=HYPERLINK(1),"))
        #expect(lines[1].contains(",A-1-1 A-1-2,"))
        #expect(lines.last?.hasPrefix("TKT-3-4,") == true)
        #expect(upstream.seen.dropFirst().allSatisfy { $0.target.hasPrefix("/internal/reservations?status=confirmed&page=") })
        let trail = try await gateway.get("/api/admin/audit.csv", token: token)
        #expect(trail.status == 200 && trail.text.contains("actorEmail"))
        try await gateway.close()
        await upstream.stop()
    }

    // MARK: The chain

    @Test func everyStateOfARecordIsALink() async throws {
        let upstream = try await Upstreams.start { _ in .json(bytes: Array(#"{"success":true,"payment":{"id":"p"}}"#.utf8)) }
        let gateway = try await GatewayFixture.make(["PAYMENT_SERVICE_URL": "http://127.0.0.1:\(upstream.port)"])
        let token = GatewayFixture.token()
        for title in ["하나", "둘"] {
            _ = try await gateway.send(.post, "/api/news", json: #"{"title":"\#(title)","content":"본문"}"#, token: token)
        }
        // Begun, then completed: two links of one record.
        _ = try await gateway.send(.post, "/api/admin/payments/\(UUID())/settle", token: token)
        let chain = AuditChain(connection: try BlockingConnection(gateway.database.configuration))
        let sound = try chain.verify()
        #expect(sound.faults.isEmpty, "\(sound.faults)")
        #expect([sound.links, sound.records] == [4, 3])
        #expect(try chain.verify(containing: sound.head).faults.isEmpty)
        #expect(try !chain.verify(containing: "4:" + String(repeating: "0", count: 64)).faults.isEmpty)

        // Nobody rewrites, not even the owner by accident.
        for statement in [
            "DELETE FROM public.audit_log", "TRUNCATE public.audit_log", "DELETE FROM public.audit_chain",
            "UPDATE public.audit_chain SET seq = seq",
        ] { await #expect(throws: (any Error).self) { try await gateway.database.query(statement) } }
        // The service's role writes no link.
        await #expect(throws: (any Error).self) {
            try await gateway.runtime.postgres.execute(
                "INSERT INTO public.audit_chain (seq, record_id, document, hash) VALUES (9, 9, '', '')")
        }

        // Who switches the triggers off is found out.
        func tamper(_ statement: String, _ finding: String) async throws {
            for switching in ["DISABLE", "ENABLE"] {
                if switching == "ENABLE" { try await gateway.database.query(statement) }
                for table in ["audit_log", "audit_chain"] {
                    try await gateway.database.query("ALTER TABLE public.\(table) \(switching) TRIGGER USER")
                }
            }
            let report = try chain.verify()
            #expect(report.faults.contains { $0.contains(finding) }, "\(statement): \(report.faults)")
        }
        try await tamper("UPDATE public.audit_log SET actor_email = 'other@example.com' WHERE id = 1", "record 1 is not")
        try await tamper("DELETE FROM public.audit_log WHERE id = 2", "record 2 was taken out")
        try await tamper(
            "UPDATE public.audit_chain SET document = replace(document, '둘', '셋') WHERE seq = 2", "link 2 is not what its hash says")
        try await tamper("DELETE FROM public.audit_chain WHERE seq = 1", "link 1 is missing")
        try await gateway.close()
        await upstream.stop()
    }

    // MARK: Words

    @Test func wordsAreMapped() async throws {
        let gateway = try await GatewayFixture.make()
        let token = GatewayFixture.token()
        let path = "/api/admin/keywords"
        let made = try await gateway.send(.post, path, json: #"{"korean":"가수","english":"Singer"}"#, token: token)
        #expect(made.status == 201)
        #expect(made.json["keyword"]?["entityType"]?.stringValue == "artist")
        let id = try #require(made.json["keyword"]?["id"]?.stringValue)
        #expect(try await gateway.send(.post, path, json: #"{"korean":"가수","english":"Singer"}"#, token: token).code == "KEYWORD_EXISTS")
        #expect(try await gateway.send(.post, path, json: #"{"korean":" ","english":"x","entityType":"car"}"#, token: token).status == 400)
        #expect(try await gateway.get(path + "?search=singer", token: token).json["pagination"]?["total"]?.intValue == 1)
        let edited = try await gateway.send(.put, "\(path)/\(id)", json: #"{"english":"Vocalist","entityType":"genre"}"#, token: token)
        #expect(edited.json["keyword"]?["korean"]?.stringValue == "가수")
        #expect(edited.json["keyword"]?["english"]?.stringValue == "Vocalist")
        #expect(try await gateway.send(.delete, "\(path)/\(id)", token: GatewayFixture.token(.user)).status == 403)
        #expect(try await gateway.send(.delete, "\(path)/\(id)", token: token).status == 200)
        #expect(try await gateway.send(.put, "\(path)/\(id)", json: "{}", token: token).status == 404)
        #expect(try await gateway.get(path).status == 401)
        let records = try await gateway.database.query("SELECT action FROM public.audit_log ORDER BY id")
        #expect(try records.map { try $0.string(0) } == ["keyword.create", "keyword.update", "keyword.delete"])
        try await gateway.close()
    }
}
