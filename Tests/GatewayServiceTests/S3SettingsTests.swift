// Which settings of a bucket make sense together.
import Testing
import TiketiCore

@testable import GatewayService

@Suite struct S3SettingsTests {
    private static func read(_ environment: [String: String]) -> (settings: S3Settings?, problems: [String]) {
        var reader = EnvironmentReader(environment)
        let settings = S3Settings.read(&reader)
        do {
            try reader.finish()
            return (settings, [])
        } catch { return (settings, error.problems) }
    }

    private static let key = [
        "AWS_S3_BUCKET": "tiketi-images", "AWS_REGION": "ap-northeast-2", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "secret",
    ]
    private static let role = [
        "AWS_S3_BUCKET": "tiketi-images", "AWS_REGION": "ap-northeast-2", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/token",
    ]

    @Test func aDiskIsForDevelopmentAlone() {
        #expect(Self.read([:]).settings == nil)
        #expect(Self.read([:]).problems.isEmpty)
        #expect(
            Self.read(["NODE_ENV": "production"]).problems == [
                "AWS_S3_BUCKET: is required in production: several gateways don't share a disk"
            ])
        #expect(Self.read(Self.key.merging(["NODE_ENV": "production"]) { $1 }).problems.isEmpty)
    }

    @Test func aKeyOrARole() {
        #expect(
            Self.read(Self.key.merging(["AWS_SESSION_TOKEN": "s"]) { $1 }).settings?.credentials
                == .key(AWSCredentials(accessKeyID: "AK", secretAccessKey: "secret", sessionToken: "s")))
        let regional = ServiceURL("https://sts.ap-northeast-2.amazonaws.com")
        let file = "/var/run/secrets/token"
        for (more, expected) in [([:], regional), (["AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"], ServiceURL("http://127.0.0.1:9"))] {
            guard case .role(let role)? = Self.read(Self.role.merging(more) { $1 }).settings?.credentials else {
                Issue.record("no role")
                continue
            }
            #expect(role.roleARN == "arn:aws:iam::1:role/r" && role.tokenFile == file && role.endpoint == expected)
        }
        // A key goes before a role.
        if case .role? = Self.read(Self.role.merging(Self.key) { $1 }).settings?.credentials { Issue.record("the role was taken") }
    }

    @Test func whatIsMissingIsNamed() {
        func problem(without name: String, of settings: [String: String] = Self.key) -> [String] {
            Self.read(settings.filter { $0.key != name }).problems.map { String($0.prefix { $0 != ":" }) }
        }
        #expect(problem(without: "AWS_REGION") == ["AWS_REGION"])
        #expect(problem(without: "AWS_ACCESS_KEY_ID") == ["AWS_ACCESS_KEY_ID"])
        #expect(problem(without: "AWS_SECRET_ACCESS_KEY") == ["AWS_SECRET_ACCESS_KEY"])
        #expect(problem(without: "AWS_WEB_IDENTITY_TOKEN_FILE", of: Self.role) == ["AWS_ACCESS_KEY_ID"])
        #expect(Self.read(Self.key.merging(["AWS_S3_BUCKET": "My_Bucket"]) { $1 }).problems.count == 1)
        #expect(Self.read(Self.key.merging(["AWS_REGION": "Seoul/../x"]) { $1 }).problems.count == 1)
        #expect(Self.read(Self.key.merging(["S3_ADDRESSING": "somewhere"]) { $1 }).problems.count == 1)
        let open = ["NODE_ENV": "production", "AWS_ENDPOINT_URL_STS": "http://sts"]
        #expect(Self.read(Self.role.merging(open) { $1 }).problems == ["AWS_ENDPOINT_URL_STS: must be https in production"])
    }
}
