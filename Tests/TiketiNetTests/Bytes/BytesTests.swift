// Identifiers, times and encodings against the vectors of their documents.
import Testing

@testable import TiketiNet

@Suite struct BytesTests {
    @Test func uuidTextRoundTrips() {
        let text = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        #expect(UUID(text)?.description == text)
        #expect(UUID(text.uppercased())?.description == text)
        for bad in [
            "", "f81d4fae7dec11d0a76500a0c91e6bf6", text + "0", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6", "{" + text.dropFirst(2) + "}",
        ] {
            #expect(UUID(bad) == nil)
        }
    }

    @Test func newUUIDsAreRandomVersion4() {
        let many = Set((0..<10_000).map { _ in UUID() })
        #expect(many.count == 10_000)
        for id in many.prefix(100) {
            let text = Array(id.description)
            #expect(text[14] == "4" && "89ab".contains(text[19]))
        }
    }

    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func base64(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        let url = String(text.filter { $0 != "=" })
        #expect(Base64.encodeURL(Array(plain.utf8)) == url)
        #expect(Base64.decodeURL(url) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "Zm 9v", "Zm9v\n", "=Zm9", "Zm-v"])
    func malformedBase64(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func malformedBase64URL() {
        for text in ["Zg==", "Z", "Zh", "Zm+v", "Zm9v="] { #expect(Base64.decodeURL(text) == nil) }
        #expect(Base64.decodeURL("-_8") == [0xFB, 0xFF])
    }

    @Test(arguments: [
        ("2026-03-15T19:00:00Z", "2026-03-15T19:00:00Z"), ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"),
        ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"), ("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z"),
        ("2000-02-29t00:00:00z", "2000-02-29T00:00:00Z"), ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ])
    func rfc3339(text: String, utc: String) {
        #expect(Timestamp(rfc3339: text)?.rfc3339 == utc)
    }

    @Test(arguments: [
        "", "2026-03-15", "2026-03-15T19:00:00", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+0900", "2026-01-01T00:00:00Z ",
        "+026-01-01T00:00:00Z",
    ])
    func malformedRFC3339(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func calendarRoundTrips() {
        for day in stride(from: Int64(-200_000), through: 200_000, by: 37) { #expect(CivilDate(daysSinceEpoch: day).daysSinceEpoch == day) }
        #expect(CivilDate(daysSinceEpoch: 0) == CivilDate(year: 1970, month: 1, day: 1))
    }

    @Test func hexRefusesOddAndForeignDigits() {
        #expect(Hex.encode([0, 255, 16]) == "00ff10")
        #expect(Hex.decode("00FF10") == [0, 255, 16])
        #expect(Hex.decode("0") == nil && Hex.decode("0g") == nil)
    }

    @Test func bufferKeepsOrderThroughGrowthAndConsumption() {
        let buffer = ByteBuffer()
        var model: [UInt8] = []
        var random = SystemRandomNumberGenerator()
        for round in 0..<2000 {
            let chunk = (0..<Int.random(in: 0...200, using: &random)).map { UInt8(truncatingIfNeeded: $0 &+ round) }
            buffer.append(chunk)
            model += chunk
            let drop = Int.random(in: 0...min(180, model.count), using: &random)
            #expect(Array(buffer.readable.prefix(drop)) == Array(model.prefix(drop)))
            buffer.consume(drop)
            model.removeFirst(drop)
        }
        #expect(buffer.take() == model)
    }

    @Test func aFullPoolRefuses() async throws {
        let pool = BlockingPool(threads: 1, queueLimit: 1)
        let gate = Lock()
        let results = try await EventLoopGroup.shared.loops[0].run {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        (try? await pool.run { gate.withLock { true } }) ?? false
                    }
                }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
        }
        #expect(results.contains(true) && results.count == 20)
    }
}
