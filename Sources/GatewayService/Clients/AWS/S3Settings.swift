// The settings of the bucket that keeps images: whether there is one, where, and with whose rights.
import TiketiCore

/// `AWS_S3_BUCKET` and what belongs to it (docs/configuration.md).
struct S3Settings: Sendable, Equatable {
    enum Credentials: Sendable, Equatable {
        case key(AWSCredentials)
        case role(WebIdentity)
    }

    var bucket: S3Bucket
    var credentials: Credentials

    /// nil without a bucket; problems stay in `environment`. Production must have one: several gateways don't share a disk.
    static func read(_ environment: inout EnvironmentReader) -> S3Settings? {
        let region = environment.optionalString("AWS_REGION")
        let endpoint = environment.optionalURL("S3_ENDPOINT")
        let addressing = environment.raw("S3_ADDRESSING") == nil ? nil : environment.choice("S3_ADDRESSING", default: S3Addressing.path)
        let credentials = credentials(&environment, region: region)
        guard let name = environment.optionalString("AWS_S3_BUCKET") else {
            if environment.isProduction {
                environment.problem("AWS_S3_BUCKET", "is required in production: several gateways don't share a disk")
            }
            return nil
        }
        if !S3Bucket.isName(name) { environment.problem("AWS_S3_BUCKET", "must be a bucket's name: 3 to 63 of a-z, 0-9, dots and dashes") }
        guard let region else {
            environment.problem("AWS_REGION", "is required with AWS_S3_BUCKET")
            return nil
        }
        if !region.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }) {
            environment.problem("AWS_REGION", "must be a region such as ap-northeast-2")
        }
        guard let credentials else {
            environment.problem(
                "AWS_ACCESS_KEY_ID", "or AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE is required with AWS_S3_BUCKET")
            return nil
        }
        return S3Settings(
            bucket: S3Bucket(name: name, region: region, endpoint: endpoint, addressing: addressing), credentials: credentials)
    }

    /// A key goes before a role, as in AWS's own tools.
    private static func credentials(_ environment: inout EnvironmentReader, region: String?) -> Credentials? {
        let secret = environment.optionalSecret("AWS_SECRET_ACCESS_KEY")
        let session = environment.optionalSecret("AWS_SESSION_TOKEN")
        let identity = environment.optionalString("AWS_ROLE_ARN")
        let file = environment.optionalString("AWS_WEB_IDENTITY_TOKEN_FILE")
        let sessionName = environment.string("AWS_ROLE_SESSION_NAME", default: "tiketi-gateway")
        let service = environment.optionalURL("AWS_ENDPOINT_URL_STS")
        if let key = environment.optionalString("AWS_ACCESS_KEY_ID") {
            guard let secret else {
                environment.problem("AWS_SECRET_ACCESS_KEY", "is required with AWS_ACCESS_KEY_ID")
                return .key(AWSCredentials(accessKeyID: key, secretAccessKey: ""))
            }
            return .key(AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: session))
        }
        guard let identity, let file else { return nil }
        // The token opens the role to whoever reads it.
        if let service, !service.isSecure, environment.isProduction {
            environment.problem("AWS_ENDPOINT_URL_STS", "must be https in production")
        }
        let regional = ServiceURL(isSecure: true, host: "sts.\(S3Bucket.domain(region ?? "us-east-1"))", port: 443)
        return .role(WebIdentity(roleARN: identity, tokenFile: file, sessionName: sessionName, endpoint: service ?? regional))
    }
}
