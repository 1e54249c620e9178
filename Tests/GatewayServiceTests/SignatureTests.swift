// Signature Version 4 against known answers, made by botocore 1.43 (`S3SigV4Auth`) with the key of AWS's documentation; the end-to-end
// tests have it verify live requests.
import Testing
import TiketiCore
import TiketiNet

@testable import GatewayService

@Suite struct SignatureTests {
    private static let key = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    private static let now = Timestamp(rfc3339: "2026-03-15T19:00:07Z") ?? Timestamp(seconds: 0)

    private static func sign(_ request: AWSRequest, with credentials: AWSCredentials = key) -> AWSRequest {
        var request = request
        SignatureV4(region: "ap-northeast-2", service: "s3").sign(&request, with: credentials, at: now)
        return request
    }

    private static func signature(_ request: AWSRequest) -> Substring? {
        request.headers["authorization"]?.split(separator: "Signature=").last
    }

    private static func bucket(_ endpoint: String, _ name: String = "b") -> S3Bucket {
        S3Bucket(name: name, region: "ap-northeast-2", endpoint: ServiceURL(endpoint))
    }

    @Test func anObjectInThePath() {
        let request = Self.sign(Self.bucket("http://127.0.0.1:8099", "images").request(.get, key: "uploads/a.png"))
        #expect(request.target == "/images/uploads/a.png")
        #expect(request.headers["x-amz-date"] == "20260315T190007Z")
        #expect(
            request.headers["authorization"]
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260315/ap-northeast-2/s3/aws4_request, "
                + "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
                + "Signature=a65add95dde0a004dd11e4ea02099f4e470fb1fb4dc39df53577abe93c1f4863")
    }

    @Test func aBodyAtABucketOfItsOwnHost() {
        var request = S3Bucket(name: "tiketi-prod-assets", region: "ap-northeast-2").request(.put, key: "uploads/a.png")
        #expect(request.endpoint.authority == "tiketi-prod-assets.s3.ap-northeast-2.amazonaws.com")
        request.headers.add("Content-Type", "image/png")
        request.headers.add("Cache-Control", "public,  max-age=31536000, immutable")
        request.payload = Hex.encode(Crypto.sha256("hello"))
        #expect(Self.signature(Self.sign(request)) == "804f68acfa2f0e3e0a2a4dc6bf157c99b734d812e0e0c5193bd24a8744e3aacd")
    }

    @Test func lettersOfAllKindsAndASession() {
        var credentials = Self.key
        credentials.sessionToken = "session/token+=="
        let request = Self.sign(Self.bucket("https://s3.example").request(.get, key: "uploads/한 글+&=%~_-.png"), with: credentials)
        #expect(request.target == "/b/uploads/%ED%95%9C%20%EA%B8%80%2B%26%3D%25~_-.png")
        #expect(request.headers["x-amz-security-token"] == "session/token+==")
        #expect(Self.signature(request) == "d51a0ef246f6703403a5eaf654ecef817bed76464343f5ec45b374a1c41a7ecf")
    }

    @Test func aQuery() {
        var request = Self.bucket("https://s3.example").request(.get, key: "")
        request.query = [("list-type", "2"), ("prefix", "uploads/a b"), ("delimiter", "/"), ("empty", "")]
        let signed = Self.sign(request)
        #expect(signed.target == "/b/?delimiter=%2F&empty=&list-type=2&prefix=uploads%2Fa%20b")
        #expect(Self.signature(signed) == "2fff8a71a5a45ba8be4f3f61fafb6a8abf134b940a16eea8ed168696ac659970")
    }

    @Test func aPortOfItsOwn() {
        let request = Self.sign(Self.bucket("https://s3.example:9000").request(.delete, key: "uploads/a.png"))
        #expect(Self.signature(request) == "b505999c5629f4eea07fd9d3683b74ac578b3c9445a75aba644cec44084b71c0")
    }

    /// Signing again, as a retry does, replaces what the first time added.
    @Test func signingTwiceIsSigningOnce() {
        let once = Self.sign(Self.bucket("https://s3.example").request(.get, key: "k"))
        #expect(Self.sign(once).headers.count == once.headers.count)
        #expect(Self.signature(Self.sign(once)) == Self.signature(once))
    }

    @Test func whereBucketsAre() {
        func place(_ bucket: S3Bucket) -> String {
            let request = bucket.request(.get, key: "k")
            return "\(request.endpoint.scheme)://\(request.endpoint.authority)\(request.target)"
        }
        #expect(place(S3Bucket(name: "abc", region: "eu-west-1")) == "https://abc.s3.eu-west-1.amazonaws.com/k")
        #expect(place(S3Bucket(name: "abc", region: "cn-north-1")) == "https://abc.s3.cn-north-1.amazonaws.com.cn/k")
        // The certificate covers one label before the region.
        #expect(place(S3Bucket(name: "a.b.c", region: "eu-west-1")) == "https://s3.eu-west-1.amazonaws.com/a.b.c/k")
        #expect(place(S3Bucket(name: "abc", region: "eu-west-1", addressing: .path)) == "https://s3.eu-west-1.amazonaws.com/abc/k")
        let own = ServiceURL("http://minio:9000/s3")
        #expect(place(S3Bucket(name: "abc", region: "x", endpoint: own)) == "http://minio:9000/s3/abc/k")
        #expect(place(S3Bucket(name: "abc", region: "x", endpoint: own, addressing: .virtual)) == "http://abc.minio:9000/s3/k")
        for name in ["abc", "a-b.c", "123"] { #expect(S3Bucket.isName(name), "\(name)") }
        for name in ["", "ab", "Abc", "-abc", "abc.", "a..b", "a_b", "a/b", String(repeating: "a", count: 64)] {
            #expect(!S3Bucket.isName(name), "\(name)")
        }
    }

    @Test func answersAreRead() {
        let text = "<a><Error><Code>SlowDown</Code><Message>a &lt;b&gt; &amp;amp; c</Message></Error></a>"
        #expect(XMLText.element("Message", in: text) == "a <b> &amp; c")
        #expect(XMLText.element("Error", in: text) == nil)
        #expect(XMLText.element("Key", in: text) == nil)
        let fault = AWSFault(status: 503, body: Array(text.utf8))
        #expect(fault.code == "SlowDown" && fault.isPassing)
        #expect(!AWSFault(status: 403, body: []).isPassing)
        #expect(AWSFault(status: 403, body: []).code == "HTTP403")
        #expect(AWSFault("ExpiredToken", status: 400).isPassing)
        #expect(!AWSFault("AccessDenied", status: 403).isPassing)
        #expect(!AWSFault("NotImplemented", status: 501).isPassing)
    }
}
