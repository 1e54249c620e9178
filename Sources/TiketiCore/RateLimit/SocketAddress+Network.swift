// What limits by address count as one: an IPv4 address, or the /64 that one customer has of IPv6.

import TiketiNet

extension SocketAddress {
    /// A name for what one customer has: the address; of IPv6 the first 64 bits (RFC 6177 §2), except for IPv4 written as IPv6.
    public var network: String {
        guard case .ipv6(let high, let low, _) = self else { return host }
        if high == 0, low >> 32 == 0xFFFF { return SocketAddress.ipv4(UInt32(truncatingIfNeeded: low), port: 0).host }
        return String(high, radix: 16) + "::/64"
    }
}
