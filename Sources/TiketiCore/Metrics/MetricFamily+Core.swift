// What every process counts: the names of the metrics, and what they say. docs/metrics.md has the table.

extension MetricFamily {
    static let jobFailures = MetricFamily("tiketi_job_failures_total", "Rounds of background jobs that failed.")
    static let blockingPoolQueued = MetricFamily("tiketi_blocking_pool_queued", "Jobs that wait for a thread of the blocking pool.")
    static let logLinesDropped = MetricFamily("tiketi_log_lines_dropped_total", "Log lines dropped because their reader was too slow.")
    static let httpRequestDuration = MetricFamily(
        "http_request_duration_seconds", "Time from the request's head to the response's, in seconds.")
    static let httpRequests = MetricFamily("http_requests_total", "Requests answered.")
    static let loopBusy = MetricFamily("tiketi_event_loop_busy_seconds_total", "Time a loop spent working.")
    static let loopTicks = MetricFamily("tiketi_event_loop_ticks_total", "Turns of a loop.")
    static let loopLongestTick = MetricFamily("tiketi_event_loop_longest_tick_seconds", "Longest turn since the last scrape.")
    static let loopDescriptors = MetricFamily("tiketi_event_loop_descriptors", "Descriptors a loop watches.")
    static let postgresUp = MetricFamily("tiketi_postgres_up", "Whether a PostgreSQL connection is up.")
    static let postgresConnections = MetricFamily("tiketi_postgres_connections", "Open connections.")
    static let postgresConnectionsInUse = MetricFamily("tiketi_postgres_connections_in_use", "Exclusive connections at work.")
    static let postgresWaiting = MetricFamily("tiketi_postgres_waiting", "Callers that wait for a connection.")
    static let postgresStatements = MetricFamily("tiketi_postgres_statements_total", "Statements sent.")
    static let postgresErrors = MetricFamily("tiketi_postgres_errors_total", "Statements that failed.")
    static let postgresTransactions = MetricFamily("tiketi_postgres_transactions_total", "Transactions begun.")
    static let postgresRetries = MetricFamily("tiketi_postgres_retries_total", "Transactions run again after a conflict.")
    static let postgresAcquireTimeouts = MetricFamily("tiketi_postgres_acquire_timeouts_total", "Callers that got no connection in time.")
    static let postgresConnectionsLost = MetricFamily("tiketi_postgres_connections_lost_total", "Connections that broke.")
    static let redisUp = MetricFamily("tiketi_redis_up", "Whether a Redis connection is up.")
    static let redisConnections = MetricFamily("tiketi_redis_connections", "Connections that take commands.")
    static let redisConnects = MetricFamily("tiketi_redis_connects_total", "Connections made.")
    static let redisTimeouts = MetricFamily("tiketi_redis_timeouts_total", "Commands given up at their deadline.")
    static let httpOpenConnections = MetricFamily("tiketi_http_open_connections", "Open HTTP connections.")
    static let processCPU = MetricFamily("process_cpu_seconds_total", "User and system CPU time spent, in seconds.")
    static let processResidentMemory = MetricFamily("process_resident_memory_bytes", "Resident memory in bytes.")
    static let processVirtualMemory = MetricFamily("process_virtual_memory_bytes", "Virtual memory in bytes.")
    static let processOpenDescriptors = MetricFamily("process_open_fds", "Open file descriptors.")
    static let processMaxDescriptors = MetricFamily("process_max_fds", "Most file descriptors the process may open.")
    static let processThreads = MetricFamily("process_threads", "Threads of the process.")
    static let processStartTime = MetricFamily("process_start_time_seconds", "Start of the process, in seconds since the epoch.")
    /// Counted wherever live messages are published.
    public static let announcementsFailed = MetricFamily(
        "tiketi_announcements_failed_total", "Announcements after a commit that Redis did not take.")
}
