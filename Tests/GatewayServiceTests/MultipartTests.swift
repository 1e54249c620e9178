// Forms as browsers and libraries send them, in one piece and byte by byte.
import Testing

@testable import GatewayService

@Suite struct MultipartTests {
    static func form(_ head: String, _ content: [UInt8], before: String = "", boundary: String = "b-1") -> [UInt8] {
        Array("\(before)--\(boundary)\r\n\(head)\r\n\r\n".utf8) + content + Array("\r\n--\(boundary)--\r\n".utf8)
    }

    /// The parts of a form; the same whatever pieces it comes in.
    private static func parts(_ body: [UInt8], boundary: String = "b") throws -> [[String?]] {
        var found: [[[String?]]] = []
        for size in [1, 2, 3, 7, max(1, body.count)] {
            var parser = MultipartParser(boundary: Array(boundary.utf8))
            var parts: [(name: String?, content: [UInt8], isOver: Bool)] = []
            for start in stride(from: 0, to: body.count, by: size) {
                for event in try parser.feed(Array(body[start..<min(body.count, start + size)])) {
                    switch event {
                    case .part(let name): parts.append((name, [], false))
                    case .content(let bytes): parts[parts.count - 1].content += bytes
                    case .partEnd: parts[parts.count - 1].isOver = true
                    }
                }
            }
            try parser.finish()
            let areOver = parts.allSatisfy(\.isOver)
            #expect(areOver)
            found.append(parts.map { [$0.name, String(decoding: $0.content, as: UTF8.self)] })
        }
        for parts in found { #expect(parts == found[0]) }
        return found[0]
    }

    @Test(arguments: [
        #"Content-Disposition: form-data; name="image"; filename="a.png""#, #"Content-Disposition: form-data; name=image"#,
        #"content-disposition:form-data;name="image""#, #"Content-Disposition: form-data; filename="a;b; name=\"x\".png"; name="image""#,
        #"Content-Disposition: form-data; filename="x; name=other"; name="image""#,
        "Content-Disposition: form-data;\r\n name=\"image\"", #"Content-Disposition: form-data; filename="C:\dir\a.png"; name="image""#,
        "Content-Type: image/png\r\nContent-Disposition: form-data; name=\"image\"; filename*=UTF-8''%ED%95%9C.png",
        "X-First: 1\r\nContent-Disposition: form-data; NAME=\"image\"; filename=\"\"\r\nX-Last: \"name=x\"",
    ])
    func legalFormsAreRead(head: String) throws {
        let content = "\r\n--b-12 is text, and so is --b-1\r\n-\r\n--\r\n--b-"
        #expect(try Self.parts(Self.form(head, Array(content.utf8)), boundary: "b-1") == [["image", content]])
    }

    @Test func delimitersMayHaveBlanksAPreambleAndAnEpilogue() throws {
        let head = #"Content-Disposition: form-data; name="image""#
        let body = "preamble\r\n--bx\r\n--b \t\r\n\(head)\r\n\r\nyes\r\n--b  \r\n\(head)\r\n\r\nno\r\n--b--  \r\nepilogue\r\n--b\r\n\r\nx"
        #expect(try Self.parts(Array(body.utf8)) == [["image", "yes"], ["image", "no"]])
        // The body may begin with the delimiter, with or without a line end, and end with it.
        for edge in ["", "\r\n"] {
            #expect(try Self.parts(Array("\(edge)--b\r\n\(head)\r\n\r\nyes\r\n--b--".utf8)) == [["image", "yes"]])
        }
    }

    @Test func partsMayHaveNoFieldsAndNoContent() throws {
        let head = #"Content-Disposition: form-data; name="image""#
        #expect(try Self.parts(Array("--b\r\n\r\nbare\r\n--b\r\n\(head)\r\n\r\n\r\n--b--".utf8)) == [[nil, "bare"], ["image", ""]])
        #expect(try Self.parts(Array("--b--".utf8)).isEmpty)
        #expect(try Self.parts(Array("no form at all".utf8)).isEmpty)
    }

    @Test func boundariesAreRead() {
        #expect(Multipart.boundary(#"multipart/form-data; charset=utf-8; boundary="a;b=c""#) == Array("a;b=c".utf8))
        #expect(Multipart.boundary("Multipart/Form-Data;BOUNDARY=x") == Array("x".utf8))
        #expect(Multipart.boundary("multipart/mixed; boundary=x") == nil)
        #expect(Multipart.boundary("multipart/form-data; boundary=\"\"") == nil)
        #expect(Multipart.boundary("multipart/form-data; boundary=\(String(repeating: "x", count: 71))") == nil)
    }

    @Test func whatIsCutShortIsNoForm() {
        for broken in ["--b\r\n", "--b\r\n\r\n", "--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nx\r\n--"] {
            #expect(throws: MultipartFault.cutShort, "\(broken)") { try Self.parts(Array(broken.utf8)) }
        }
        #expect(throws: MultipartFault.headTooLong) { try Self.parts(Array("--b\r\n".utf8) + [UInt8](repeating: 65, count: 40_000)) }
    }

    /// Nothing of a long part is kept: what comes in goes out.
    @Test func longPartsPassThrough() throws {
        var parser = MultipartParser(boundary: Array("b".utf8))
        _ = try parser.feed(Array("--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\n".utf8))
        var given = 0
        for round in 1...200 {
            for event in try parser.feed([UInt8](repeating: 0x0D, count: 10_000)) {
                if case .content(let bytes) = event { given += bytes.count }
            }
            #expect(round * 10_000 - given < 16)
        }
    }
}
