// The process's event loops, one thread each, started at creation.
import CLinux
import Glibc
import Synchronization

/// A fixed set of event loops. Loops are never stopped: they live for the process.
public final class EventLoopGroup: Sendable {
    /// The loops, one thread each, in the order of their index; they never end.
    public let loops: [EventLoop]
    private let turn = Atomic<Int>(0)

    /// Starts `count` loops (at least one).
    public init(count: Int) {
        signal(SIGPIPE, SIG_IGN)
        loops = (0..<max(1, count)).map { EventLoop(index: $0) }
        for loop in loops { EventLoopGroup.start(loop) }
    }

    /// The loops in turn.
    public func next() -> EventLoop {
        loops[turn.wrappingAdd(1, ordering: .relaxed).oldValue % loops.count]
    }

    private static let sharedGroup = EventLoopGroup(count: 2)

    /// Two loops for everything in the process that brings none of its own: tests and tools.
    public static var shared: EventLoopGroup { sharedGroup }

    /// Processors this process may run on.
    public static var availableProcessors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    private static func start(_ loop: EventLoop) {
        startThread(name: "loop-\(loop.index)") { loop.runForever() }
    }
}

/// Starts a detached thread.
func startThread(name: String, _ body: @escaping @Sendable () -> Void) {
    final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(name: name, body: body)).toOpaque()
    let status = pthread_create(
        &thread, nil,
        { argument in
            let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
            clinux_set_thread_name(start.name)
            start.body()
            return nil
        }, start)
    precondition(status == 0, "pthread_create failed: the process may start no more threads")
    pthread_detach(thread)
}
