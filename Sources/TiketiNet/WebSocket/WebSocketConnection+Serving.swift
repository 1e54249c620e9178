// A WebSocket served without a task: bytes that come in are read, decoded and handed to a receiver within the event that announced them.
// An idle connection then costs its objects alone.

/// Gets what arrives on connections, on their loop.
public protocol WebSocketReceiver: AnyObject {
    /// A whole message, in the order of arrival.
    func webSocket(_ connection: WebSocketConnection, received message: WebSocketMessage)
    /// Nothing more will come: nil after a close handshake, `.closed` when the peer vanished, else the peer's violation, which has been
    /// answered with its close code. Not called after `abort`.
    func webSocket(_ connection: WebSocketConnection, endedWith error: WebSocketError?)
}

extension WebSocketConnection: ParkedReader {
    /// After a violation the peer's bytes are still read until it ends or is quiet for so long: closing at once would reset the
    /// connection, and take our close frame with it.
    private static let lingerNanoseconds: UInt64 = 1_000_000_000
    /// Reads of one connection before others get their turn.
    private static let readsPerTurn = 16

    /// Serves the connection until its end; `receiver` is kept as long. For plain connections, instead of `receive`.
    public func serve(_ receiver: any WebSocketReceiver) {
        loop.preconditionOnLoop()
        self.receiver = receiver
        pump()
    }

    func unpark() { pump() }

    private func pump() {
        guard let stream = plain else { preconditionFailure("TLS connections are served by a task") }
        for _ in 0..<Self.readsPerTurn {
            if isFinished && receiver == nil {
                guard linger(stream) else { return }
                continue
            }
            guard deliver() else { continue }
            input.releaseIfEmpty()
            if stream.park(self) { return }
            do throws(IOError) {
                if try stream.readNow(into: input) == 0 {
                    end(closeSent ? nil : WebSocketError(.closed, "connection ended without a close frame"))
                    return abort()
                }
            } catch {
                end(WebSocketError(.closed, "connection lost"))
                return abort()
            }
        }
        loop.execute { [self] in pump() }
    }

    /// Hands out the messages that are here; false when the connection has ended with them.
    private func deliver() -> Bool {
        do throws(WebSocketError) {
            while let message = try nextMessage() {
                receiver?.webSocket(self, received: message)
                if isFinished { return false }
            }
        } catch {
            close(error.closeCode, reason: error.message)
            end(error)
            finishServing()
            return false
        }
        guard closeReceived else { return true }
        end(nil)
        finishServing()
        return false
    }

    private func end(_ error: WebSocketError?) {
        let receiver = receiver
        self.receiver = nil
        receiver?.webSocket(self, endedWith: error)
    }

    /// Sends what is queued, for at most the close timeout, and closes the stream.
    private func finishServing() {
        guard !isFinished, let stream = plain else { return abort() }
        isFinished = true
        closeTimer?.cancel()
        lingerEnd = loop.now &+ configuration.closeTimeoutNanoseconds
        let sent = stream.queuedBytes == 0 || stream.sendNow()
        if sent && closeReceived { return abort() }
        closeTimer = loop.schedule(afterNanoseconds: sent ? Self.lingerNanoseconds : configuration.closeTimeoutNanoseconds) { [stream] in
            stream.close()
        }
    }

    /// Throws away what still comes; false when there is nothing to do now.
    private func linger(_ stream: Stream) -> Bool {
        input.clear()
        input.releaseIfEmpty()
        if stream.isClosed || stream.park(self) { return false }
        guard let count = try? stream.readNow(into: input), count != 0 else {
            abort()
            return false
        }
        // The close timeout bounds the whole.
        if loop.now < lingerEnd { closeTimer?.rearm(afterNanoseconds: Self.lingerNanoseconds) }
        return true
    }
}
