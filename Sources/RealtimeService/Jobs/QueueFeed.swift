// Listens for lines that moved and hands each front to the subscribers of all loops.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// One subscription for the process, however many wait.
final class QueueFeed: Service {
    private let subscribers: PerLoop<QueueSubscribers>
    private let loop: EventLoop
    private let configuration: RedisConfiguration
    private let subscriber = Locked<RedisSubscriber?>(nil)

    init(_ configuration: RedisConfiguration, group: EventLoopGroup, subscribers: PerLoop<QueueSubscribers>) {
        self.configuration = configuration
        self.subscribers = subscribers
        loop = group.next()
    }

    func start() async throws {
        let subscriber = RedisSubscriber(configuration, loop: loop) { [subscribers] _, payload in
            guard let front = QueueFront(payload) else { return }
            subscribers.onEach { $0.moved(front) }
        }
        subscriber.subscribe(QueueFront.channel)
        self.subscriber.withLock { $0 = subscriber }
    }

    func stop() async { subscriber.withLock { $0?.close() } }
}
