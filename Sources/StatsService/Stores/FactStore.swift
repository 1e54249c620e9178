// Reads the facts that ticket publishes and keeps the ledgers and rollups by them: a batch, its sums and the place in the feed in one
// transaction. The feed shows ids in rising order only, so "after the last" skips nothing; a fact is a whole state, so twice does no harm.
import TiketiCore
import TiketiNet
import TiketiStore

protocol FactStore: Sendable {
    /// The service whose facts these are.
    var name: String { get }
    /// Applies the next facts; the number applied, or nil when another instance is at it.
    func applyNext(limit: Int) async throws -> Int?
    /// Starts over from the sources. The numbers are those the facts would have given.
    func rebuild() async throws
}

struct PostgresFactStore: FactStore {
    let name = "ticket"
    let pool: PostgresPool

    /// One batch: several facts of one reservation may be in it, and of two states the later in the life of a reservation wins, in
    /// whatever order their transactions got their numbers.
    private static let applyReservations = """
        WITH facts AS (
            SELECT DISTINCT ON ((payload ->> 'id')) payload, \(rank("payload ->> 'status'", "payload ->> 'paymentStatus'")) AS rank
            FROM ticket_schema.outbox_feed WHERE id > $1 AND id <= $2 AND kind = 'reservation'
            ORDER BY (payload ->> 'id'), rank DESC, id DESC
        ), rows AS (
            SELECT (payload ->> 'id')::uuid AS id, payload ->> 'reservationNumber' AS number, (payload ->> 'userId')::uuid AS user_id,
                (payload ->> 'eventId')::uuid AS event_id, (payload ->> 'seatCount')::integer AS seat_count,
                (payload ->> 'totalAmount')::numeric AS total_amount, payload ->> 'status' AS status,
                payload ->> 'paymentStatus' AS payment_status, rank, (payload ->> 'createdAt')::timestamptz AS created_at,
                (payload ->> 'confirmedAt')::timestamptz AS confirmed_at, (payload ->> 'cancelledAt')::timestamptz AS cancelled_at
            FROM facts
        )
        \(upsert("rows"))
        RETURNING event_id, confirmed_day::text AS confirmed_day, refunded_day::text AS refunded_day
        """

    private static let applyEvents = """
        INSERT INTO stats_schema.events (id, title, event_date, cancelled, total_seats, created_at)
        SELECT DISTINCT ON ((payload ->> 'id')) (payload ->> 'id')::uuid, payload ->> 'title', (payload ->> 'eventDate')::timestamptz,
            coalesce((payload ->> 'cancelled')::boolean, false), coalesce((payload ->> 'totalSeats')::integer, 0),
            (payload ->> 'createdAt')::timestamptz
        FROM ticket_schema.outbox_feed WHERE id > $1 AND id <= $2 AND kind = 'event'
        ORDER BY (payload ->> 'id'), id DESC
        ON CONFLICT (id) DO UPDATE SET title = excluded.title, event_date = excluded.event_date,
            cancelled = events.cancelled OR excluded.cancelled, total_seats = excluded.total_seats
        """

    private static let applyDeletions = """
        INSERT INTO stats_schema.events (id, title, deleted)
        SELECT DISTINCT (payload ->> 'id')::uuid, '', true FROM ticket_schema.outbox_feed
        WHERE id > $1 AND id <= $2 AND kind = 'event.deleted'
        ON CONFLICT (id) DO UPDATE SET deleted = true
        """

    func applyNext(limit: Int) async throws -> Int? {
        try await pool.transaction { transaction in
            guard
                let cursor = try await transaction.execute(
                    "SELECT last_id FROM stats_schema.feeds WHERE source = 'ticket' FOR UPDATE SKIP LOCKED"
                ).first
            else { return nil }
            let last = try cursor.int("last_id")
            let bound = try await transaction.execute(
                """
                SELECT max(id) AS last, count(*) AS count FROM (
                    SELECT id FROM ticket_schema.outbox_feed WHERE id > $1 ORDER BY id LIMIT $2) AS next
                """, [.int(last), .int(Int64(limit))])
            guard let end = try bound[0].intOrNil("last") else { return 0 }
            let span: [PostgresValue] = [.int(last), .int(end)]
            _ = try await transaction.execute(Self.applyEvents, span)
            _ = try await transaction.execute(Self.applyDeletions, span)
            try await Self.refresh(try await transaction.execute(Self.applyReservations, span), in: transaction)
            _ = try await transaction.execute(
                "UPDATE stats_schema.feeds SET last_id = $1, updated_at = now() WHERE source = 'ticket'", [.int(end)])
            return Int(try bound[0].int("count"))
        }
    }

    private static func refresh(_ changed: PostgresRows, in transaction: PostgresTransaction) async throws {
        guard changed.count > 0 else { return }
        var events: Set<String> = []
        var days: Set<String> = []
        for row in changed {
            events.insert(try row.uuid("event_id").description)
            if let day = try row.stringOrNil("confirmed_day") { days.insert(day) }
            if let day = try row.stringOrNil("refunded_day") { days.insert(day) }
        }
        _ = try await transaction.execute("SELECT stats_schema.refresh_events($1::text[]::uuid[])", [.textArray(events.sorted())])
        _ = try await transaction.execute("SELECT stats_schema.refresh_days($1::text[]::date[])", [.textArray(days.sorted())])
    }

    /// One snapshot for everything: facts below its horizon are in the sources as seen here, later ones are applied again afterwards.
    func rebuild() async throws {
        try await pool.transaction(isolation: .repeatableRead) { transaction in
            _ = try await transaction.execute("SELECT last_id FROM stats_schema.feeds WHERE source = 'ticket' FOR UPDATE")
            for statement in Self.clear { _ = try await transaction.execute(statement) }
            _ = try await transaction.execute(
                """
                INSERT INTO stats_schema.events (id, title, event_date, cancelled, total_seats, created_at)
                SELECT id, title, event_date, cancelled, total_seats, created_at FROM ticket_schema.stats_events
                """)
            _ = try await transaction.execute(
                """
                WITH rows AS (
                    SELECT id, reservation_number AS number, user_id, event_id, seat_count, total_amount, status, payment_status,
                        \(Self.rank("status", "payment_status")) AS rank, created_at, confirmed_at, cancelled_at
                    FROM ticket_schema.stats_reservations
                )
                \(Self.upsert("rows"))
                """)
            _ = try await transaction.execute("SELECT stats_schema.refresh_events(NULL)")
            _ = try await transaction.execute("SELECT stats_schema.refresh_days(NULL)")
            _ = try await transaction.execute(
                """
                UPDATE stats_schema.feeds SET updated_at = now(),
                    last_id = greatest(0, (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 20) - 1)
                WHERE source = 'ticket'
                """)
        }
    }

    /// What the source can tell again goes, and what it never knew. An event that was deleted for good took its refunded reservations
    /// with it:
    /// their sales and refunds stay on their days, because only this ledger still knows them.
    private static let clear = [
        """
        DELETE FROM stats_schema.reservations r
        WHERE NOT EXISTS (SELECT FROM stats_schema.events e WHERE e.id = r.event_id AND e.deleted)
           OR EXISTS (SELECT FROM ticket_schema.stats_events e WHERE e.id = r.event_id)
        """,
        """
        DELETE FROM stats_schema.events known
        WHERE NOT known.deleted OR EXISTS (SELECT FROM ticket_schema.stats_events e WHERE e.id = known.id)
        """,
    ]

    /// How far a reservation has come in its life.
    private static func rank(_ status: String, _ payment: String) -> String {
        """
        CASE WHEN \(payment) = 'refunded' THEN 3 WHEN \(status) = 'cancelled' THEN 2 WHEN \(status) = 'confirmed' THEN 1 ELSE 0 END
        """
    }

    /// A sale counts on the day it was confirmed; a refund of a sale on the day it was cancelled. What was never confirmed was never
    /// revenue.
    private static func upsert(_ rows: String) -> String {
        """
        INSERT INTO stats_schema.reservations AS known (id, reservation_number, user_id, event_id, seat_count, total_amount, status,
            payment_status, rank, created_at, confirmed_at, confirmed_day, refunded_day)
        SELECT id, number, user_id, event_id, seat_count, total_amount, status, payment_status, rank, created_at, confirmed_at,
            (confirmed_at AT TIME ZONE 'Asia/Seoul')::date,
            CASE WHEN rank >= 2 AND confirmed_at IS NOT NULL THEN (cancelled_at AT TIME ZONE 'Asia/Seoul')::date END
        FROM \(rows)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, payment_status = excluded.payment_status, rank = excluded.rank,
            confirmed_at = coalesce(known.confirmed_at, excluded.confirmed_at),
            confirmed_day = coalesce(known.confirmed_day, excluded.confirmed_day),
            refunded_day = coalesce(known.refunded_day, excluded.refunded_day)
        WHERE known.rank < excluded.rank
        """
    }
}
