// Listens for lines that moved and hands each front to the desks of all loops.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// One subscription for the process, however many wait.
final class QueueFeed: Service {
    private let desks: PerLoop<QueueDesk>
    private let loop: EventLoop
    private let configuration: RedisConfiguration
    private let subscriber = Locked<RedisSubscriber?>(nil)

    init(_ configuration: RedisConfiguration, group: EventLoopGroup, desks: PerLoop<QueueDesk>) {
        self.configuration = configuration
        self.desks = desks
        loop = group.next()
    }

    func start() async throws {
        let subscriber = RedisSubscriber(configuration, loop: loop) { [desks] _, payload in
            guard let front = QueueFront(payload) else { return }
            desks.onEach { $0.moved(front) }
        }
        subscriber.subscribe(QueueFront.channel)
        self.subscriber.withLock { $0 = subscriber }
    }

    func stop() async { subscriber.withLock { $0?.close() } }
}
