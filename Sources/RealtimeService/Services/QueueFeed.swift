// Listens for lines that moved and hands each front to the desks of all loops.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// One subscription for the process, however many wait.
final class QueueFeed: Service {
    private let desks: [QueueDesk]
    private let loops: [EventLoop]
    private let configuration: RedisConfiguration
    private let subscriber = Locked<RedisSubscriber?>(nil)

    init(_ configuration: RedisConfiguration, group: EventLoopGroup, desks: [QueueDesk]) {
        self.configuration = configuration
        self.desks = desks
        loops = group.loops
    }

    func start() async throws {
        let (desks, loops) = (desks, loops)
        let subscriber = RedisSubscriber(configuration, loop: loops[0]) { _, payload in
            guard let front = QueueFront(payload) else { return }
            for (desk, loop) in zip(desks, loops) { loop.execute { desk.moved(front) } }
        }
        subscriber.subscribe(QueueFront.channel)
        self.subscriber.withLock { $0 = subscriber }
    }

    func stop() async { subscriber.withLock { $0?.close() } }
}
