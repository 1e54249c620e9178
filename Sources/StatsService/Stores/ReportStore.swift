// Reads the rollups: a report never touches a ledger of sales, let alone another service's tables.
import TiketiCore
import TiketiNet
import TiketiStore

protocol ReportStore: Sendable {
    func totals() async throws -> Totals
    func events() async throws -> [EventStats]
    /// One entry for each day or month from the first to the last, empty ones as 0.
    func revenue(from: String, to: String, group: RevenueGroup) async throws -> [RevenueDay]
    func recent(limit: Int) async throws -> [RecentReservation]
    func payments() async throws -> PaymentOutcomes
    /// Today in Seoul, as yyyy-mm-dd.
    func today() async throws -> String
}

struct PostgresReportStore: ReportStore {
    let pool: PostgresPool

    private static let today = "(now() AT TIME ZONE 'Asia/Seoul')::date"

    func totals() async throws -> Totals {
        let row = try await pool.read(
            """
            SELECT (SELECT count(*) FROM stats_schema.events WHERE NOT deleted) AS events,
                sums.reservations, (sums.revenue * 100)::bigint AS revenue, coalesce(day.reservations, 0)::bigint AS today_reservations,
                (coalesce(day.revenue, 0) * 100)::bigint AS today_revenue
            FROM (SELECT coalesce(sum(reservations), 0)::bigint AS reservations, coalesce(sum(revenue), 0) AS revenue
                FROM stats_schema.event_rollups) AS sums
            LEFT JOIN stats_schema.day_rollups AS day ON day.day = \(Self.today)
            """)[0]
        return Totals(
            events: try row.int("events"), reservations: try row.int("reservations"), revenue: try row.int("revenue"),
            todayReservations: try row.int("today_reservations"), todayRevenue: try row.int("today_revenue"))
    }

    func events() async throws -> [EventStats] {
        try await pool.read(
            """
            SELECT e.id, e.title, coalesce(r.reservations, 0)::bigint AS reservations, (coalesce(r.revenue, 0) * 100)::bigint AS revenue,
                greatest(0, e.total_seats - coalesce(r.confirmed_seats, 0) - coalesce(r.pending_seats, 0))::bigint AS available,
                CASE WHEN e.total_seats = 0 THEN 0
                    ELSE round(100.0 * coalesce(r.confirmed_seats, 0) / e.total_seats, 1) END::double precision AS sold
            FROM stats_schema.events e LEFT JOIN stats_schema.event_rollups r ON r.event_id = e.id
            WHERE NOT e.deleted ORDER BY e.event_date DESC NULLS LAST, e.id LIMIT 1000
            """
        ).map {
            EventStats(
                id: try $0.uuid("id"), title: try $0.string("title"), reservations: try $0.int("reservations"),
                revenue: try $0.int("revenue"), available: try $0.int("available"), soldPercentage: try $0.double("sold"))
        }
    }

    func revenue(from: String, to: String, group: RevenueGroup) async throws -> [RevenueDay] {
        let unit = group == .day ? "day" : "month"
        let format = group == .day ? "YYYY-MM-DD" : "YYYY-MM"
        return try await pool.read(
            """
            SELECT to_char(slot.start, '\(format)') AS date, (coalesce(sum(day.revenue), 0) * 100)::bigint AS revenue
            FROM generate_series(date_trunc('\(unit)', $1::text::date::timestamp), $2::text::date::timestamp,
                interval '1 \(unit)') AS slot(start)
            LEFT JOIN stats_schema.day_rollups AS day ON day.day >= slot.start AND day.day < slot.start + interval '1 \(unit)'
                AND day.day BETWEEN $1::text::date AND $2::text::date
            GROUP BY slot.start ORDER BY slot.start
            """, [.text(from), .text(to)]
        ).map { RevenueDay(date: try $0.string("date"), revenue: try $0.int("revenue")) }
    }

    func recent(limit: Int) async throws -> [RecentReservation] {
        try await pool.read(
            """
            SELECT r.id, r.reservation_number, r.event_id, coalesce(e.title, '') AS title, u.name AS user_name,
                (r.total_amount * 100)::bigint AS amount, r.status,
                r.payment_status, r.created_at
            FROM stats_schema.reservations r LEFT JOIN stats_schema.events e ON e.id = r.event_id
                LEFT JOIN public.users u ON u.id = r.user_id
            ORDER BY r.created_at DESC, r.id LIMIT $1
            """, [.int(Int64(limit))]
        ).map {
            RecentReservation(
                id: try $0.uuid("id"), number: try $0.string("reservation_number"), eventID: try $0.uuid("event_id"),
                eventTitle: try $0.string("title"), userName: try $0.stringOrNil("user_name"), amount: try $0.int("amount"),
                status: try $0.string("status"), paymentStatus: try $0.string("payment_status"), createdAt: try $0.timestamp("created_at"))
        }
    }

    func payments() async throws -> PaymentOutcomes {
        var outcomes = PaymentOutcomes()
        for row in try await pool.read("SELECT outcome, payments, (amount * 100)::bigint AS amount FROM stats_schema.payment_rollups") {
            outcomes.sums[try row.string("outcome")] = PaymentOutcomes.Sum(
                payments: try row.int("payments"), amount: try row.int("amount"))
        }
        return outcomes
    }

    func today() async throws -> String {
        try await pool.read("SELECT to_char(\(Self.today), 'YYYY-MM-DD') AS today")[0].string("today")
    }
}
