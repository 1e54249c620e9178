// Uploaded images: what is one, what is kept of it, how many a day.
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

    /// The bytes that are kept of an upload.
    private static func kept(_ upload: [UInt8]) throws -> [UInt8] {
        let content = try ImageFile(upload).content
        let bytes = content.portions(7).flatMap { piece in
            switch piece {
            case .kept(let range): upload.bytes(range)
            case .made(let bytes): bytes
            }
        }
        #expect(content.length == bytes.count)
        return bytes
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
            let image = try ImageFile(bytes)
            #expect(image.type == type)
            #expect([image.width, image.height] == [width, height], "\(type)")
        }
    }

    @Test func whatTellsOfTheMakerIsLeftOut() throws {
        let text = Self.chunk("tEXt", Array("Author Kim".utf8)) + Self.chunk("eXIf", Array("GPS 37.5N".utf8))
        #expect(try Self.kept(Self.png(1, 1, text) + Array("behind".utf8)) == Self.png())

        let jpeg = try Self.kept(
            Self.jpeg(
                Self.exif(orientation: 6) + Self.segment(0xFE, Array("comment".utf8)) + Self.segment(0xE2, Array("ICC_PROFILE\0x".utf8)))
                + Array("behind".utf8))
        for secret in ["GPS", "comment", "behind"] { #expect(!Self.contains(jpeg, secret), "\(secret)") }
        #expect(Self.contains(jpeg, "ICC_PROFILE"))
        // Upright is what the Exif field says; it alone stays, and reading it again finds it.
        #expect(jpeg == Self.jpeg(ExifOrientation.segment(6) + Self.segment(0xE2, Array("ICC_PROFILE\0x".utf8))))
        #expect(try Self.kept(jpeg) == jpeg)
        #expect(try Self.kept(Self.jpeg(Self.exif(orientation: 1))) == Self.jpeg())

        let gif = try Self.kept(Self.gif + Array("behind".utf8))
        #expect(!Self.contains(gif, "me!") && !Self.contains(gif, "behind") && Self.contains(gif, "NETSCAPE2.0"))

        let extended = Self.riff("VP8X", [0x2C, 0, 0, 0, 0, 0, 0, 0, 0, 0]) + Self.riff("VP8L", [0x2F, 0, 0, 0, 0])
        let webp = try Self.kept(Self.webp(extended + Self.riff("EXIF", Array("GPS".utf8)) + Self.riff("XMP ", Array("me".utf8))))
        #expect(webp == Self.webp(Self.riff("VP8X", [0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0]) + Self.riff("VP8L", [0x2F, 0, 0, 0, 0])))
    }

    /// Files larger than what a reader has in memory at a time, with marks right at its edges.
    @Test(arguments: [0, 1, 2, 3, 32 * 1024 - 300, 100_000])
    func longImagesAreReadToTheirEnd(shift: Int) throws {
        let filler = [UInt8](repeating: 7, count: 65_000)
        let png = Self.png(3, 4, Self.chunk("PLTE", filler + filler + [UInt8](repeating: 1, count: shift)))
        #expect(try Self.kept(png + filler) == png)
        var noise: [UInt8] = []
        for place in 0..<(130_000 + shift) { noise += place % 5 == 0 ? [0xFF, 0x00] : [UInt8(truncatingIfNeeded: place % 251)] }
        let jpeg: [UInt8] = Array(Self.jpeg().dropLast(2)) + noise + [0xFF, 0xD9]
        let secret = Self.segment(0xEF, Array("secret".utf8) + filler)
        #expect(try Self.kept(Array(jpeg.prefix(2)) + secret + Array(jpeg.dropFirst(2)) + filler) == jpeg)
    }

    /// What needs more memory than its head says at first: a second frame, a picture larger than its canvas.
    @Test func theLargestSizeCounts() {
        func fault(_ bytes: [UInt8]) -> ImageFault? {
            do {
                _ = try ImageFile(bytes)
                return nil
            } catch { return error }
        }
        let huge = Self.segment(0xC0, [8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0x11, 0])
        #expect(fault(Self.jpeg(huge)) == .tooManyPixels)
        let small = Self.riff("VP8X", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(fault(Self.webp(small + Self.riff("VP8L", [0x2F, 0xFF, 0xFF, 0xFF, 0x0F]))) == .tooManyPixels)
        var gif = Self.gif
        let frame = gif.count - 16
        #expect(gif[frame] == 0x2C)
        (gif[frame + 5], gif[frame + 6], gif[frame + 7], gif[frame + 8]) = (0xFF, 0xFF, 0xFF, 0xFF)
        #expect(fault(gif) == .tooManyPixels)
        // One head for a picture.
        #expect(fault(Self.png(1, 1, Self.chunk("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]))) == .malformed)
    }

    @Test func whatIsNoImageIsRefused() {
        func fault(_ bytes: [UInt8]) -> ImageFault? {
            do {
                _ = try ImageFile(bytes)
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
        // Their product is beyond an Int.
        #expect(fault(Self.png(0xFFFF_FFFF, 0xFFFF_FFFF)) == .tooManyPixels)
    }

    // MARK: Through the gateway

    private static func upload(_ gateway: GatewayFixture, _ content: [UInt8], field: String = "image", type: String? = nil, token: String?)
        async throws -> TestResponse
    {
        let head = "Content-Disposition: form-data; name=\"\(field)\"; filename=\"../../evil.sh\"\r\nContent-Type: text/html"
        let other = "--b-1\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n"
        return try await gateway.send(
            .post, "/api/image/upload", headers: ["Content-Type": type ?? "multipart/form-data; boundary=\"b-1\""],
            body: .bytes(MultipartTests.form(head, content, before: other)), token: token)
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

    @Test func imagesAreRemoved() async throws {
        let folder = try TemporaryDirectory("tiketi-uploads")
        let gateway = try await GatewayFixture.make(["UPLOAD_ROOT": folder.path])
        let token = GatewayFixture.token()
        let url = try #require(try await Self.upload(gateway, Self.png(), token: token).json["url"]?.stringValue)
        let name = try #require(url.split(separator: "/").last)
        #expect(try await gateway.send(.get, url, headers: ["If-None-Match": "\"\(name)\""]).status == 304)
        #expect(try await gateway.send(.delete, "/api/image/\(name)").status == 401)
        #expect(try await gateway.send(.delete, "/api/image/\(name)", token: GatewayFixture.token(.user)).status == 403)
        #expect(try await gateway.send(.delete, "/api/image/\(UUID()).png", token: token).status == 404)
        #expect(try await gateway.send(.delete, "/api/image/..%2F\(name)", token: token).status == 404)
        #expect(try await gateway.send(.delete, "/api/image/\(name)", token: token).json["success"] == .bool(true))
        #expect(try await gateway.get(url).status == 404)
        #expect(try await gateway.send(.get, url, headers: ["If-None-Match": "\"\(name)\""]).status == 404)
        #expect(try await gateway.send(.delete, "/api/image/\(name)", token: token).status == 404)
        let records = try await gateway.database.query("SELECT action, entity_id FROM public.audit_log ORDER BY id")
        #expect(try records.map { try $0.string(0) } == ["image.upload", "image.delete"])
        #expect(try records.allSatisfy { try $0.string(1) == name })
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
