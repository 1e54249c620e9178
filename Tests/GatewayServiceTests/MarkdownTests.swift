// Markdown as pages show it: what is kept of it, and that nothing in it can do more than be read.
import Testing
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct MarkdownTests {
    @Test(arguments: [
        ("첫 줄\n둘째 줄\n\n새 문단", "<p>첫 줄<br />\n둘째 줄</p>\n<p>새 문단</p>\n"),
        ("# 제목\n\n###### 작게", "<h2>제목</h2>\n<h6>작게</h6>\n"),
        ("**굵게** *기울임* `a<b`", "<p><strong>굵게</strong> <em>기울임</em> <code>a&lt;b</code></p>\n"),
        ("- 하나\n- 둘", "<ul>\n<li>하나</li>\n<li>둘</li>\n</ul>\n"), ("> 인용", "<blockquote>\n<p>인용</p>\n</blockquote>\n"),
        ("[예매](https://tickets.example/a?b=1&c=\"2\")", "<p><a href=\"https://tickets.example/a?b=1&amp;c=%222%22\">예매</a></p>\n"),
        (
            "[안](/events/1) [밑](#a) [글](mailto:a@b.c)",
            "<p><a href=\"/events/1\">안</a> <a href=\"#a\">밑</a> <a href=\"mailto:a@b.c\">글</a></p>\n"
        ),
        ("![포스터](/uploads/a.png)", "<p><img src=\"/uploads/a.png\" alt=\"포스터\" /></p>\n"),
        ("```js\"><script>\nalert(1)\n```", "<pre><code class=\"language-js&quot;&gt;&lt;script&gt;\">alert(1)\n</code></pre>\n"), ("", ""),
    ])
    func textIsShown(markdown: String, html: String) { #expect(Markdown.html(markdown) == html) }

    /// What people try (OWASP's list of filter evasions, and CommonMark's own ways to write an address).
    @Test(arguments: [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a <b onclick='alert(1)'>b</b>", "<svg/onload=alert(1)>",
        "<iframe src=\"https://evil.example\"></iframe>", "<form action=\"https://evil.example\"><input name=p></form>",
        "<style>*{display:none}</style>", "<a href=\"javascript:alert(1)\">x</a>", "<math><mi//xlink:href=\"data:x,alert(1)\">",
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](javascript&colon;alert(1))", "[x](&#106;avascript:alert(1))",
        "[x](java\nscript:alert(1))", "[x](<java\tscript:alert(1)>)", "[x](< javascript:alert(1)>)", "[x](vbscript:msgbox)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](file:///etc/passwd)", "[x](//evil.example)", "[x](/\\evil.example)",
        "[x](blob:https://a/b)", "[x][r]\n\n[r]: javascript:alert(1)", "<javascript:alert(1)>", "![x](javascript:alert(1))",
        "![x](data:image/svg+xml;base64,PHN2Zy8+)", "[x](\u{1}javascript:alert(1))", "[x](x \"\\\" onmouseover=alert(1) \")",
        "[a\"onclick=\"alert(1)](https://x)", "![a\" onerror=\"alert(1)](https://x)",
    ])
    func nothingIsDone(markdown: String) throws {
        let html = Markdown.html(markdown).lowercased()
        // Elements that are text cannot act; of the others only these exist, with these fields.
        let tag = /<(\/?)([a-z0-9]+)((?:\s+[a-z]+="[^"<>]*")*)\s*\/?>/
        let rest = html.replacing(tag, with: "").replacing("<!-- raw html omitted -->", with: "")
        #expect(!rest.contains("<"), "\(html)")
        for match in html.matches(of: tag) {
            #expect(["p", "a", "img", "br", "em", "strong", "code", "pre", "h2"].contains(match.output.2), "\(html)")
            for field in match.output.3.matches(of: /([a-z]+)="([^"]*)"/) {
                #expect(["href", "src", "alt", "title", "class"].contains(field.output.1), "\(html)")
                guard field.output.1 == "href" || field.output.1 == "src" else { continue }
                let address = field.output.2
                let isPlain = address.isEmpty || address.hasPrefix("https://") || (address.hasPrefix("/") && !address.hasPrefix("//"))
                #expect(isPlain, "\(html)")
            }
        }
    }

    @Test func aPageIsRenderedOnceAndAgainAfterAnEdit() async throws {
        let gateway = try await GatewayFixture.make()
        let token = GatewayFixture.token()
        let made = try await gateway.send(.post, "/api/news", json: #"{"title":"하나","content":"**굵게** <script>"}"#, token: token)
        let id = try #require(made.json["news"]?["id"]?.stringValue)
        let first = try await gateway.get("/api/news/\(id)").json["news"]
        #expect(first?["html"]?.stringValue == "<p><strong>굵게</strong> <!-- raw HTML omitted --></p>\n")
        #expect(first?["content"]?.stringValue == "**굵게** <script>")
        #expect(try await gateway.get("/api/admin/news/\(id)", token: token).json["news"]?["html"] == first?["html"])
        #expect(try await gateway.send(.put, "/api/news/\(id)", json: #"{"content":"새"}"#, token: token).status == 200)
        #expect(try await gateway.get("/api/news/\(id)").json["news"]?["html"]?.stringValue == "<p>새</p>\n")
        try await gateway.close()
    }
}
