// One WebSocket over any byte stream: reading is one task's, or a receiver's without a task; writing is queued frames. Pings are answered,
// closes are answered, violations close.

/// A WebSocket connection of either side.
///
/// `@unchecked Sendable` because it is confined to its stream's loop; the stream asserts that in debug builds.
public final class WebSocketConnection: @unchecked Sendable {
    /// The loop of the stream; everything here is called on it.
    public let loop: EventLoop
    /// Whether this connection may carry compressed frames.
    public let compresses: Bool
    /// How the connection ended, as far as is known: the peer's close code, or ours.
    public private(set) var closeCode: WebSocketCloseCode?

    let stream: any ByteStream
    /// The same when it is no TLS: called without a detour.
    let plain: Stream?
    let input: ByteBuffer
    let configuration: WebSocketConfiguration
    private let role: WebSocketDecoder.Role
    private var decoder: WebSocketDecoder
    /// Our share of `configuration.unfinished`.
    private var unfinished = 0
    private(set) var closeSent = false {
        didSet { plain?.leaveLane() }
    }
    private(set) var closeReceived = false
    var isFinished = false {
        didSet { plain?.leaveLane() }
    }
    var closeTimer: LoopTimer?
    /// Until when a peer that has been sent away is listened to.
    var lingerEnd: UInt64 = 0
    /// Who gets the messages of a connection that is served without a task.
    var receiver: (any WebSocketReceiver)?

    init(
        _ stream: any ByteStream, leftover: ByteBuffer = ByteBuffer(), role: WebSocketDecoder.Role, _ configuration: WebSocketConfiguration,
        compresses: Bool = false
    ) {
        self.stream = stream
        plain = stream as? Stream
        stream.limitUnsent(bytes: configuration.maximumUnsentBytes)
        self.role = role
        self.configuration = configuration
        self.compresses = compresses
        loop = stream.loop
        input = leftover
        decoder = WebSocketDecoder(role: role, configuration: configuration, compression: compresses)
    }

    deinit { _ = configuration.unfinished?.move(from: unfinished, to: 0) }

    /// Bytes queued and not yet taken by the kernel.
    public var queuedBytes: Int { plain?.queuedBytes ?? stream.queuedBytes }

    /// Whether frames still go out.
    var isOpen: Bool { !closeSent && !isFinished }

    // MARK: Reading

    /// The next message; nil after a close handshake.
    /// - Throws: `.closed` when the peer vanished, else the peer's violation, which has been answered with its close code.
    public func receive() async throws(WebSocketError) -> WebSocketMessage? {
        while true {
            do throws(WebSocketError) {
                if let message = try nextMessage() { return message }
            } catch {
                close(error.closeCode, reason: error.message)
                await finish()
                throw error
            }
            if closeReceived {
                await finish()
                return nil
            }
            let count: Int
            do throws(IOError) {
                count = try await stream.read(into: input)
            } catch {
                isFinished = true
                throw WebSocketError(.closed, "connection lost")
            }
            if count == 0 {
                await finish()
                if closeSent { return nil }
                throw WebSocketError(.closed, "connection ended without a close frame")
            }
        }
    }

    /// The next message of those bytes that are here. Control frames before it are dealt with; nil with `closeReceived` after the last.
    func nextMessage() throws(WebSocketError) -> WebSocketMessage? {
        while let event = try nextEvent() {
            switch event {
            case .message(let message): if !closeSent { return message }
            case .ping(let payload): if isOpen { write(.pong, payload) }
            case .pong: break
            case .close(let code, _):
                closeReceived = true
                if closeCode == nil { closeCode = code ?? .noStatus }
                // §5.5.1: answered with the same code, unless ours came first.
                if !closeSent { close(code) }
                input.clear()
            }
        }
        try account()
        return nil
    }

    private func account() throws(WebSocketError) {
        guard let common = configuration.unfinished else { return }
        let bytes = decoder.unfinishedBytes
        if bytes == unfinished { return }
        guard common.move(from: unfinished, to: bytes) else {
            discard()
            throw WebSocketError(.overloaded, "too much is unfinished")
        }
        unfinished = bytes
    }

    /// Nothing more of a violator's message is of use.
    private func discard() {
        decoder.discard()
        input.clear()
        try? account()
    }

    private func nextEvent() throws(WebSocketError) -> WebSocketEvent? {
        if input.isEmpty { return nil }
        var used = 0
        do throws(WebSocketError) {
            let event = try decoder.next(input.readable.assumingMemoryBound(to: UInt8.self), &used)
            input.consume(used)
            return event
        } catch {
            discard()
            throw error
        }
    }

    // MARK: Writing

    /// Sends a text message; see ``send(_:_:)``.
    public func send(text: String) { send(.text, Array(text.utf8)) }

    /// Sends a binary message; see ``send(_:_:)``.
    public func send(binary: [UInt8]) { send(.binary, binary) }

    /// Sends a message, compressed when negotiated and worth it.
    public func send(_ opcode: WebSocketOpcode, _ payload: [UInt8]) {
        guard isOpen else { return }
        if compresses, let options = configuration.deflate, let body = WebSocketDeflate.compress(payload, options) {
            stream.write(WebSocketEncoder.frame(opcode, body, compressed: true, mask: mask()))
        } else {
            write(opcode, payload)
        }
    }

    /// Sends whole frames encoded before and shared with other connections, at the end of the tick or now. Servers only: a client must
    /// mask each frame anew.
    public func sendEncoded(_ frames: [UInt8], now: Bool = false) {
        guard isOpen else { return }
        if now {
            if let plain { plain.writeNow(frames) } else { stream.writeNow(frames) }
        } else {
            stream.write(frames)
        }
    }

    /// Lets `loop.lanes` send frames for many over this connection too: not when it compresses, or is encrypted.
    public func enterLane(_ lane: Int32) {
        if isOpen, !compresses { plain?.enterLane(lane) }
    }

    /// A ping; its pong is swallowed by `receive`.
    func ping(_ payload: [UInt8] = []) {
        if isOpen { write(.ping, payload) }
    }

    /// Returns when all that was sent is with the kernel.
    public func flush() async throws(WebSocketError) {
        do throws(IOError) { try await stream.flush() } catch { throw WebSocketError(.closed, "\(error)") }
    }

    private func write(_ opcode: WebSocketOpcode, _ payload: [UInt8]) {
        stream.write(WebSocketEncoder.frame(opcode, payload, mask: mask()))
    }

    /// §5.3: a fresh unpredictable key for every frame of a client.
    private func mask() -> UInt32? {
        role == .client ? UInt32(truncatingIfNeeded: SecureRandom.next()) : nil
    }

    // MARK: Ending

    /// Sends a close frame (empty without a code) and waits, in `receive`, for the peer's; after the close timeout the stream is cut.
    public func close(_ code: WebSocketCloseCode? = .normal, reason: String = "") {
        guard isOpen else { return }
        write(.close, WebSocketEncoder.closePayload(code, reason))
        closeSent = true
        if closeCode == nil { closeCode = code ?? .noStatus }
        guard !closeReceived else { return }
        closeTimer = loop.schedule(afterNanoseconds: configuration.closeTimeoutNanoseconds) { [stream] in stream.close() }
    }

    /// Cuts the stream of a peer that does not read, and drops what waits for it, here and in the kernel.
    public func cut() {
        stream.reset()
        abort()
    }

    /// Cuts the stream without a handshake; a waiting `receive` throws `.closed`.
    public func abort() {
        isFinished = true
        closeTimer?.cancel()
        closeTimer = nil
        receiver = nil
        stream.close()
    }

    /// Sends what is queued, for at most the close timeout, and closes the stream.
    func finish() async {
        guard !isFinished else {
            abort()
            return
        }
        isFinished = true
        closeTimer?.cancel()
        closeTimer = loop.schedule(afterNanoseconds: configuration.closeTimeoutNanoseconds) { [stream] in stream.close() }
        try? await stream.flush()
        abort()
    }
}
