// What a service's executable does for its container, where there is no shell to do it: probe the running server, or wait a moment.

import Glibc

/// Work other than serving, asked for on the command line.
internal enum SideCommand: Equatable {
    /// Asks the server of this container for a path and ends with 0 when it answers 200.
    case probe(path: String)
    /// Waits, before a container is told to stop: time for the news that it will to spread.
    case pause(seconds: UInt32)

    /// nil without arguments: serve.
    /// - Throws: `Unknown` for arguments that mean nothing.
    static func parse(_ arguments: [String]) throws(Unknown) -> SideCommand? {
        switch (arguments.first, arguments.count) {
        case (nil, _): return nil
        case ("--probe", 1): return .probe(path: "/health")
        case ("--probe", 2) where arguments[1].utf8.first == UInt8(ascii: "/"): return .probe(path: arguments[1])
        case ("--pause", 2):
            guard let seconds = UInt32(arguments[1]), seconds <= 3600 else { throw Unknown() }
            return .pause(seconds: seconds)
        default: throw Unknown()
        }
    }

    struct Unknown: Error {}

    static let usage = "takes no arguments, or --probe [/PATH], or --pause SECONDS"

    /// The exit code.
    func run(port: Int) -> Int32 {
        switch self {
        case .pause(let seconds):
            sleep(seconds)
            return 0
        case .probe(let path):
            return Self.answers(path, port: port) ? 0 : 1
        }
    }

    /// Blocking: nothing else runs in this process.
    private static func answers(_ path: String, port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 3, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { return false }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return false }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64)
        let expected = Array("HTTP/1.1 200 ".utf8)
        while answer.count < expected.count {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count <= 0 { return false }
            answer += piece[..<count]
        }
        return answer.starts(with: expected)
    }
}
