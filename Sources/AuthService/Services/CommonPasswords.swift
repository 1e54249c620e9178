// The most common passwords, which guessers try first. Kept as the first four bytes of each one's SHA-256, sorted: an honest password is
// taken for one of them once in half a million times.
import TiketiCore
import TiketiNet

enum CommonPasswords {
    /// Ascending.
    private static let prefixes: [UInt32] = {
        let bytes = Base64.decode(String(commonPasswordTable.filter { $0 != "\n" })) ?? []
        return stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { index in
            bytes[index..<(index + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }()

    static var count: Int { prefixes.count }

    /// Capitals do not make a password less common.
    static func contains(_ password: String) -> Bool {
        let wanted = Crypto.sha256(password.lowercased()).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var low = 0
        var high = prefixes.count
        while low < high {
            let middle = (low + high) / 2
            if prefixes[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low < prefixes.count && prefixes[low] == wanted
    }
}
