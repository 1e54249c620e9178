// Objects of one bucket: put, got, looked for and removed. Bodies pass in pieces both ways; nothing is held.
import TiketiCore
import TiketiNet

/// A client for one bucket. To be used in tasks of event loops.
struct S3Client: Sendable {
    let bucket: S3Bucket
    let credentials: any AWSCredentialSource
    let http: HTTPClient
    var retry = AWSRetry()
    /// The time that signatures carry; servers refuse what is 15 minutes off.
    var clock: @Sendable () -> Timestamp = { .now() }
    /// To the head of an answer, and between pieces of bodies.
    private static let patience: Duration = .seconds(10)
    /// Of one attempt as a whole, except for what is read.
    private static let longestUpload: Duration = .seconds(60)

    /// Stores an object, whole or not at all. The signature covers the content: what arrives changed is refused.
    /// - Throws: `AWSFault`, and what reading the content throws.
    func put(_ key: String, _ content: ObjectContent, type: String, cacheControl: String) async throws {
        var request = bucket.request(.put, key: key)
        request.headers.add("Content-Type", type)
        request.headers.add("Cache-Control", cacheControl)
        request.payload = content.sha256
        _ = try await send(request) { .stream(length: content.length, content.open()) }
    }

    /// The object's bytes, read as the caller takes them; nil when there is none.
    /// - Throws: `AWSFault`.
    func get(_ key: String) async throws -> HTTPBody? { try await found(bucket.request(.get, key: key))?.body }

    /// Whether there is such an object.
    /// - Throws: `AWSFault`.
    func contains(_ key: String) async throws -> Bool { try await found(bucket.request(.head, key: key)) != nil }

    /// Removes an object; one that is not there is removed already.
    /// - Throws: `AWSFault`.
    func delete(_ key: String) async throws { _ = try await found(bucket.request(.delete, key: key)) }

    private func found(_ request: AWSRequest) async throws -> HTTPClientResponse? {
        do {
            return try await send(request) { .none }
        } catch let fault as AWSFault where fault.code == "NoSuchKey" || (fault.status == 404 && request.method == .head) {
            return nil
        }
    }

    /// The first good answer. Each attempt is signed anew, with the time and the credentials of then.
    private func send(_ request: AWSRequest, body: () -> HTTPClientRequest.Body) async throws -> HTTPClientResponse {
        try await retry.run {
            let held = try await credentials.credentials()
            var signed = request
            SignatureV4(region: bucket.region, service: "s3").sign(&signed, with: held, at: clock())
            var outgoing = HTTPClientRequest(
                method: signed.method, url: signed.endpoint.with(target: signed.target), headers: signed.headers, body: body())
            outgoing.responseTimeout = Self.patience.nanoseconds
            // A reader may take its time as long as it moves.
            outgoing.totalTimeout = signed.method == .get ? .max : Self.longestUpload.nanoseconds
            let response: HTTPClientResponse
            do throws(HTTPClientError) { response = try await http.execute(outgoing) } catch { throw AWSFault(error) }
            if (200..<300).contains(response.status.code) { return response }
            let fault = await AWSFault.reading(response)
            if fault.isAboutCredentials { credentials.reject(held) }
            throw fault
        }
    }
}

/// Bytes that are sent, and sent again when an attempt fails.
struct ObjectContent: Sendable {
    var length: Int
    /// Hexadecimal SHA-256.
    var sha256: String
    /// Begins from the start at each call; gives pieces until nil.
    var open: @Sendable () -> @Sendable () async throws -> [UInt8]?
}
