// Uploaded images: what is one, what is kept of it, how forms carry it, how many a day.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct ImageTests {
    // MARK: Images of one pixel, built part by part

    static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let count = data.count
        return [UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)] + Array(name.utf8) + data + [
            0, 0, 0, 0,
        ]
    }

    static func png(_ width: Int = 1, _ height: Int = 1, _ more: [UInt8] = []) -> [UInt8] {
        func four(_ number: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", four(width) + four(height) + [8, 2, 0, 0, 0]) + more
            + chunk("IDAT", [1, 2, 3]) + chunk("IEND", [])
    }

    private static func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
        [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
    }

    private static func jpeg(_ more: [UInt8] = []) -> [UInt8] {
        [0xFF, 0xD8] + segment(0xE0, Array("JFIF\0".utf8)) + more + segment(0xC2, [8, 0, 3, 0, 5, 1, 1, 0x11, 0])
            + segment(0xDA, [1, 1, 0, 0, 63, 0]) + [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56] + segment(0xC4, [0, 0xFF, 0xD9])
            + segment(0xDA, [1, 1, 0, 0, 63, 0]) + [0x78, 0xFF, 0xD9]
    }

    /// Little-endian Exif with one field, and a place that nobody is to know.
    private static func exif(orientation: UInt8) -> [UInt8] {
        segment(
            0xE1,
            Array("Exif\0\0II".utf8) + [42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]
                + Array("GPS 37.5N".utf8))
    }

    private static func webp(_ chunks: [UInt8]) -> [UInt8] {
        let size = chunks.count + 4
        return Array("RIFF".utf8) + [UInt8(size & 255), UInt8(size >> 8), 0, 0] + Array("WEBP".utf8) + chunks
    }

    private static func riff(_ name: String, _ data: [UInt8]) -> [UInt8] {
        Array(name.utf8) + [UInt8(data.count), 0, 0, 0] + data + (data.count & 1 == 1 ? [0] : [])
    }

    private static let gif: [UInt8] =
        Array("GIF89a".utf8) + [7, 0, 9, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6] + [0x21, 0xFE, 3] + Array("me!".utf8) + [0]
        + [0x21, 0xFF, 11] + Array("NETSCAPE2.0".utf8) + [3, 1, 0, 0, 0] + [0x2C, 0, 0, 0, 0, 7, 0, 9, 0, 0, 2, 2, 0x4C, 1, 0, 0x3B]

    // MARK: Reading

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let wanted = Array(text.utf8)
        return bytes.indices.contains { bytes[$0...].prefix(wanted.count).elementsEqual(wanted) }
    }

    @Test func sizesAreRead() throws {
        for (bytes, type, width, height) in [
            (Self.png(640, 480), ImageType.png, 640, 480), (Self.jpeg(), .jpeg, 5, 3), (Self.gif, .gif, 7, 9),
            (Self.webp(Self.riff("VP8 ", [0, 0, 0, 0x9D, 1, 0x2A, 0x40, 1, 0xF0, 0])), .webp, 320, 240),
            (Self.webp(Self.riff("VP8L", [0x2F, 0x63, 0xC0, 0x31, 0])), .webp, 100, 200),
            (
                Self.webp(Self.riff("VP8X", [0x0C, 0, 0, 0, 99, 0, 0, 49, 0, 0]) + Self.riff("VP8L", [0x2F, 0, 0, 0, 0])), .webp, 100,
                50
            ),
        ] {
            let image = try ImageFile(bytes[...])
            #expect(image.type == type)
            #expect([image.width, image.height] == [width, height], "\(type)")
        }
    }

    @Test func whatTellsOfTheMakerIsLeftOut() throws {
        let text = Self.chunk("tEXt", Array("Author Kim".utf8)) + Self.chunk("eXIf", Array("GPS 37.5N".utf8))
        let png = try ImageFile((Self.png(1, 1, text) + Array("behind".utf8))[...])
        #expect(png.bytes == Self.png())

        let jpeg = try ImageFile(
            (Self.jpeg(
                Self.exif(orientation: 6) + Self.segment(0xFE, Array("comment".utf8)) + Self.segment(0xE2, Array("ICC_PROFILE\0x".utf8)))
                + Array("behind".utf8))[...])
        for secret in ["GPS", "comment", "behind"] { #expect(!Self.contains(jpeg.bytes, secret), "\(secret)") }
        #expect(Self.contains(jpeg.bytes, "ICC_PROFILE"))
        // Upright is what the Exif field says; it alone stays, and reading it again finds it.
        #expect(jpeg.bytes == Self.jpeg(ExifOrientation.segment(6) + Self.segment(0xE2, Array("ICC_PROFILE\0x".utf8))))
        #expect(try ImageFile(jpeg.bytes[...]).bytes == jpeg.bytes)
        #expect(try ImageFile(Self.jpeg(Self.exif(orientation: 1))[...]).bytes == Self.jpeg())

        let gif = try ImageFile((Self.gif + Array("behind".utf8))[...])
        #expect(!Self.contains(gif.bytes, "me!") && !Self.contains(gif.bytes, "behind") && Self.contains(gif.bytes, "NETSCAPE2.0"))

        let extended = Self.riff("VP8X", [0x2C, 0, 0, 0, 0, 0, 0, 0, 0, 0]) + Self.riff("VP8L", [0x2F, 0, 0, 0, 0])
        let webp = try ImageFile(Self.webp(extended + Self.riff("EXIF", Array("GPS".utf8)) + Self.riff("XMP ", Array("me".utf8)))[...])
        #expect(webp.bytes == Self.webp(Self.riff("VP8X", [0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0]) + Self.riff("VP8L", [0x2F, 0, 0, 0, 0])))
    }

    @Test func whatIsNoImageIsRefused() {
        func fault(_ bytes: [UInt8]) -> ImageFault? {
            do {
                _ = try ImageFile(bytes[...])
                return nil
            } catch { return error }
        }
        #expect(fault(Array("#!/bin/sh".utf8)) == .unknownType)
        #expect(fault([]) == .unknownType)
        // The first bytes alone make no image.
        for bytes in [Self.png(), Self.jpeg(), Self.gif, Self.webp(Self.riff("VP8L", [0x2F, 0, 0, 0, 0]))] {
            for count in 12..<(bytes.count) where count < bytes.count - 1 {
                #expect(fault(Array(bytes.prefix(count))) == .malformed, "\(bytes.prefix(4)) cut at \(count)")
            }
        }
        #expect(fault(Self.png(0, 5)) == .malformed)
        #expect(fault([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + (0..<5000).map { UInt8(truncatingIfNeeded: $0) }) == .malformed)
        #expect(fault(Self.png(8000, 5001)) == .tooManyPixels)
        #expect(fault(Self.png(8000, 5000)) == nil)
        #expect(fault(Self.png(0x7FFF_FFFF, 0x7FFF_FFFF)) == .tooManyPixels)
    }

    // MARK: Forms

    private static func form(_ head: String, _ content: [UInt8], before: String = "", boundary: String = "b-1") -> [UInt8] {
        Array("\(before)--\(boundary)\r\n\(head)\r\n\r\n".utf8) + content + Array("\r\n--\(boundary)--\r\n".utf8)
    }

    @Test(arguments: [
        #"Content-Disposition: form-data; name="image"; filename="a.png""#, #"Content-Disposition: form-data; name=image"#,
        #"content-disposition:form-data;name="image""#, #"Content-Disposition: form-data; filename="a;b; name=\"x\".png"; name="image""#,
        #"Content-Disposition: form-data; filename="x; name=other"; name="image""#,
        "Content-Disposition: form-data;\r\n name=\"image\"", #"Content-Disposition: form-data; filename="C:\dir\a.png"; name="image""#,
        "Content-Type: image/png\r\nContent-Disposition: form-data; name=\"image\"; filename*=UTF-8''%ED%95%9C.png",
    ])
    func legalFormsAreRead(head: String) {
        let content = Array("\r\n--b-12 is text, and so is --b-1".utf8)
        let body = Self.form(head, content)
        #expect(Multipart.field("image", in: body, boundary: Array("b-1".utf8)).map { Array($0) } == content)
    }

    @Test func delimitersMayHaveBlanksAndAPreamble() {
        let head = #"Content-Disposition: form-data; name="image""#
        let body = Array("preamble\r\n--b \t\r\n\(head)\r\n\r\nyes\r\n--b  \r\n\(head)2\r\n\r\nno\r\n--b--  \r\nepilogue".utf8)
        #expect(Multipart.field("image", in: body, boundary: Array("b".utf8)).map { String(decoding: $0, as: UTF8.self) } == "yes")
        #expect(Multipart.field("none", in: body, boundary: Array("b".utf8)) == nil)
        #expect(Multipart.boundary(#"multipart/form-data; charset=utf-8; boundary="a;b=c""#) == Array("a;b=c".utf8))
        #expect(Multipart.boundary("Multipart/Form-Data;BOUNDARY=x") == ["x".utf8.first!])
        #expect(Multipart.boundary("multipart/mixed; boundary=x") == nil)
        for broken in ["", "--b", "--b\r\n", "--b\r\n\r\n", "--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nx"] {
            #expect(Multipart.field("image", in: Array(broken.utf8), boundary: Array("b".utf8)) == nil, "\(broken)")
        }
    }

    // MARK: Through the gateway

    private static func upload(_ gateway: GatewayFixture, _ content: [UInt8], field: String = "image", type: String? = nil, token: String?)
        async throws -> TestResponse
    {
        let head = "Content-Disposition: form-data; name=\"\(field)\"; filename=\"../../evil.sh\"\r\nContent-Type: text/html"
        let other = "--b-1\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n"
        return try await gateway.send(
            .post, "/api/image/upload", headers: ["Content-Type": type ?? "multipart/form-data; boundary=\"b-1\""],
            body: .bytes(form(head, content, before: other)), token: token)
    }

    @Test func imagesAreKnownByTheirContent() async throws {
        let folder = try TemporaryDirectory("tiketi-uploads")
        let gateway = try await GatewayFixture.make(["UPLOAD_ROOT": folder.path + "/images"])
        let token = GatewayFixture.token()
        let png = Self.png(10, 10, Self.chunk("PLTE", (0..<5000).map { UInt8(truncatingIfNeeded: $0) }))
        let stored = try await Self.upload(gateway, png, token: token)
        #expect(stored.status == 201)
        let url = try #require(stored.json["url"]?.stringValue)
        #expect(url.hasPrefix("/uploads/") && url.hasSuffix(".png"))
        let image = try await gateway.get(url)
        #expect(image.body == png)
        #expect(image.headers["content-type"] == "image/png")
        #expect(image.headers["x-content-type-options"] == "nosniff")
        #expect(image.headers["vary"] == "Origin")
        let webp = Self.webp(Self.riff("VP8L", [0x2F, 0, 0, 0, 0]))
        #expect(try await Self.upload(gateway, webp, token: token).json["url"]?.stringValue?.hasSuffix(".webp") == true)
        #expect(try await Self.upload(gateway, Array("#!/bin/sh".utf8), token: token).code == "UNSUPPORTED_MEDIA_TYPE")
        // Eight bytes of PNG and whatever.
        let half = try await Self.upload(gateway, Array(png.prefix(8)) + Array("<script>".utf8), token: token)
        #expect(half.status == 400 && half.code == "VALIDATION_FAILED")
        #expect(try await Self.upload(gateway, Self.png(50_000, 50_000), token: token).status == 400)
        #expect(try await Self.upload(gateway, png, type: "application/octet-stream", token: token).status == 415)
        #expect(try await Self.upload(gateway, png, field: "file", token: token).code == "VALIDATION_FAILED")
        #expect(try await Self.upload(gateway, png + [UInt8](repeating: 0, count: 5 << 20), token: token).code == "BODY_TOO_LARGE")
        for path in ["/uploads/none.png", "/uploads/\(UUID()).png", "/uploads/..png", "/uploads/\(UUID()).sh"] {
            #expect(try await gateway.get(path).status == 404)
        }
        #expect(try await gateway.send(.post, "/api/image/upload").status == 401)
        try await gateway.close()
    }

    @Test func anAdministratorsDayHasAnEnd() async throws {
        let folder = try TemporaryDirectory("tiketi-uploads")
        let gateway = try await GatewayFixture.make(["UPLOAD_ROOT": folder.path, "UPLOAD_DAILY_QUOTA": "2"])
        let token = GatewayFixture.token()
        for _ in 0..<2 { #expect(try await Self.upload(gateway, Self.png(), token: token).status == 201) }
        let refused = try await Self.upload(gateway, Self.png(), token: token)
        #expect(refused.status == 429 && refused.headers["retry-after"] == "3600")
        try await gateway.database.query("UPDATE public.audit_log SET at = now() - interval '25 hours'")
        #expect(try await Self.upload(gateway, Self.png(), token: token).status == 201)
        try await gateway.close()
    }
}
