// The routing trie: path segments to endpoints, read without copying the path; frozen before the first request and never changed after.

import TiketiNet

/// Where in the target each path parameter stands: start and end packed in one word, four at most.
internal struct PathCaptures: Sendable {
    static let limit = 4
    private var slots: InlineArray<4, UInt64> = .init(repeating: 0)
    private(set) var count = 0

    mutating func push(_ start: Int, _ end: Int) {
        slots[count] = UInt64(UInt32(start)) << 32 | UInt64(UInt32(end))
        count += 1
    }

    mutating func pop() { count -= 1 }

    subscript(_ index: Int) -> Range<Int> { Int(slots[index] >> 32)..<Int(slots[index] & 0xFFFF_FFFF) }
}

/// A route pattern: literal segments, `:name` for one segment, `*name` for all that is left (also nothing).
internal struct RoutePattern: Sendable {
    enum Segment: Sendable, Equatable {
        case literal([UInt8])
        case parameter(String)
        case rest(String)
    }

    let text: String
    let segments: [Segment]

    init(_ text: String) {
        precondition(text.hasPrefix("/"), "a route starts with a slash: \(text)")
        self.text = text
        segments = text.split(separator: "/").map { part in
            switch part.first {
            case ":": .parameter(String(part.dropFirst()))
            case "*": .rest(String(part.dropFirst()))
            default: .literal(Array(part.utf8))
            }
        }
        precondition(names.count <= PathCaptures.limit, "more than \(PathCaptures.limit) parameters: \(text)")
        for case .rest in segments.dropLast() { preconditionFailure("* must come last: \(text)") }
    }

    /// Parameter names in the order of their captures.
    var names: [String] {
        segments.compactMap {
            switch $0 {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }
}

/// All methods of one pattern.
internal final class RouteEndpoint: Sendable {
    let routes: [Route]
    /// The value of an `Allow` field.
    let allow: String

    init(_ routes: [Route]) {
        self.routes = routes
        var methods: [String] = []
        for route in routes where !methods.contains(route.method.rawValue) { methods.append(route.method.rawValue) }
        if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
        if !methods.contains("OPTIONS") { methods.append("OPTIONS") }
        allow = methods.joined(separator: ", ")
    }

    /// RFC 9110 §9.3.2: HEAD is GET without the body, which the connection leaves out.
    @inline(__always)
    func route(for method: HTTPMethod) -> Route? {
        for route in routes where route.method == method { return route }
        if method == .head { for route in routes where route.method == .get { return route } }
        return nil
    }
}

/// One node of the frozen trie.
internal final class RouteNode: Sendable {
    private let literals: [(name: [UInt8], node: RouteNode)]
    private let parameter: RouteNode?
    private let rest: RouteEndpoint?
    private let endpoint: RouteEndpoint?

    init(_ routes: [(pattern: RoutePattern, route: Route)], depth: Int = 0) {
        var here: [Route] = []
        var wildcard: [Route] = []
        var names: [[UInt8]] = []
        var below: [[(pattern: RoutePattern, route: Route)]] = []
        var parameters: [(pattern: RoutePattern, route: Route)] = []
        for entry in routes {
            guard depth < entry.pattern.segments.count else {
                here.append(entry.route)
                continue
            }
            switch entry.pattern.segments[depth] {
            case .literal(let name):
                if let index = names.firstIndex(of: name) {
                    below[index].append(entry)
                } else {
                    names.append(name)
                    below.append([entry])
                }
            case .parameter: parameters.append(entry)
            case .rest: wildcard.append(entry.route)
            }
        }
        literals = zip(names, below).map { ($0, RouteNode($1, depth: depth + 1)) }
        parameter = parameters.isEmpty ? nil : RouteNode(parameters, depth: depth + 1)
        endpoint = here.isEmpty ? nil : RouteEndpoint(here)
        rest = wildcard.isEmpty ? nil : RouteEndpoint(wildcard)
    }

    /// The endpoint for the path `path[start..<end]`, where `start` stands on a slash or the end. A literal wins over a parameter, that
    /// over the rest; a trailing slash does not count. `.` and `..` segments, plain or percent-encoded, never match anything but a literal.
    func find(_ path: Span<UInt8>, from start: Int, to end: Int, _ captures: inout PathCaptures) -> RouteEndpoint? {
        let first = start < end ? start &+ 1 : end
        if first == end {
            if let endpoint { return endpoint }
            if let rest {
                captures.push(end, end)
                return rest
            }
            return nil
        }
        var stop = first
        while stop < end, path[stop] != UInt8(ascii: "/") { stop &+= 1 }
        for index in literals.indices where Self.equal(literals[index].name, path, first, stop) {
            if let found = literals[index].node.find(path, from: stop, to: end, &captures) { return found }
        }
        if let parameter, stop > first, !Self.isDots(path, first, stop) {
            captures.push(first, stop)
            if let found = parameter.find(path, from: stop, to: end, &captures) { return found }
            captures.pop()
        }
        guard let rest, !Self.hasDots(path, first, end) else { return nil }
        captures.push(first, end)
        return rest
    }

    @inline(__always)
    private static func equal(_ name: [UInt8], _ path: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard name.count == end &- start else { return false }
        for index in 0..<name.count where name[index] != path[start &+ index] { return false }
        return true
    }

    /// `.` or `..`, with any dot as `%2e`: RFC 3986 §6.2.2.2 makes them the same.
    private static func isDots(_ path: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var index = start
        var dots = 0
        while index < end {
            if path[index] == UInt8(ascii: ".") {
                index &+= 1
            } else if end &- index >= 3, path[index] == UInt8(ascii: "%"), path[index &+ 1] == UInt8(ascii: "2"),
                path[index &+ 2] | 0x20 == UInt8(ascii: "e")
            {
                index &+= 3
            } else {
                return false
            }
            dots &+= 1
        }
        return dots == 1 || dots == 2
    }

    /// Any dot segment between slashes, backslashes or their encodings (some servers take those for slashes).
    private static func hasDots(_ path: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var first = start
        var index = start
        while index <= end {
            var width = 1
            let isBreak: Bool
            if index == end || path[index] == UInt8(ascii: "/") || path[index] == UInt8(ascii: "\\") {
                isBreak = true
            } else if end &- index >= 3, path[index] == UInt8(ascii: "%") {
                let (high, low) = (path[index &+ 1], path[index &+ 2] | 0x20)
                isBreak = (high == UInt8(ascii: "2") && low == UInt8(ascii: "f")) || (high == UInt8(ascii: "5") && low == UInt8(ascii: "c"))
                if isBreak { width = 3 }
            } else {
                isBreak = false
            }
            if isBreak {
                if isDots(path, first, index) { return true }
                first = index &+ width
            }
            index &+= width
        }
        return false
    }
}
