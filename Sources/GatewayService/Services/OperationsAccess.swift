// Who may read the operations pages on the public port (`docs/specification.md` §1).
import TiketiCore

/// The rule of one process.
struct OperationsAccess: Sendable {
    /// In development.
    static let everybody = OperationsAccess(isOpen: true, digest: nil)

    private let isOpen: Bool
    private let digest: [UInt8]?

    private init(isOpen: Bool, digest: [UInt8]?) {
        self.isOpen = isOpen
        self.digest = digest
    }

    /// Only who shows the token; nobody without one. The pages stay on the process's own operations port.
    init(token: String?) { self.init(isOpen: false, digest: token.map { Crypto.sha256($0) }) }

    /// Compared in constant time, and by digest, so that not even the token's length shows.
    func admits(_ token: String?) -> Bool {
        if isOpen { return true }
        guard let digest, let token else { return false }
        return Crypto.constantTimeEquals(Crypto.sha256(token), digest)
    }
}
