# syntax=docker/dockerfile:1
# One target for each executable (gateway, auth, ticket, payment, stats, realtime, toss-simulator, tiketi), `migrate` and `web`.
#
# The executables carry Swift's runtime inside. What runs them is no distribution but the few shared libraries they need, with the packages' records
# so that scanners see what is there: no shell, no package manager, nothing that can be written.
#
#   docker build --target ticket --build-arg VERSION=1.2.3 -t tiketi-ticket-service:local .
#   scripts/build-images builds all of them.

# The compiler and the C libraries that the product is built on.
FROM docker.io/library/swift:6.3-bookworm AS toolchain
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends pkg-config libpq-dev libssl-dev zlib1g-dev libcrypt-dev libcmark-dev ca-certificates \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source

# Fetches and compiles the packages that we depend on, which change seldom: this layer is there already whenever only our own sources changed.
# The operator's tool needs all of them; empty files stand in for our modules.
FROM toolchain AS dependencies
COPY Package.swift ./
COPY Sources/CLinux Sources/CLinux
COPY Sources/CPostgres Sources/CPostgres
COPY Sources/COpenSSL Sources/COpenSSL
COPY Sources/CZlib Sources/CZlib
COPY Sources/CMark Sources/CMark
RUN for module in TiketiNet TiketiStore TiketiCore TiketiCLI; do mkdir -p "Sources/$module" && touch "Sources/$module/empty.swift"; done \
    && TIKETI_ONLY=TiketiCLI swift build -c release --static-swift-stdlib \
    && rm -rf Sources

# PRODUCTS (with commas between them) narrows the build to what an image needs.
FROM dependencies AS build
COPY Sources Sources
ARG PRODUCTS=gateway,auth,ticket,payment,stats,realtime,tiketi,toss-simulator
RUN TIKETI_ONLY="${PRODUCTS}" swift build -c release --static-swift-stdlib \
    && mkdir /products \
    && IFS=, \
    && for product in ${PRODUCTS}; do install -s -m 0555 ".build/release/$product" /products/ || exit 1; done

# The root file system of every image.
FROM toolchain AS root
COPY scripts/images/collect-root /usr/local/bin/
RUN collect-root /root-files

FROM scratch AS runtime
COPY --from=root /root-files /
USER 10001:10001
WORKDIR /tiketi
ENV NODE_ENV=production
ARG VERSION=unversioned
ARG REVISION=unknown
ENV TIKETI_VERSION=${VERSION}
LABEL org.opencontainers.image.title="Tiketi" \
      org.opencontainers.image.description="Event ticketing" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# The web app, built as scripts/web builds it everywhere.
FROM docker.io/library/swift:6.3-bookworm AS web-build
WORKDIR /source
COPY scripts/devtools/packages.sh scripts/devtools/packages.sh
COPY scripts/web scripts/web
COPY web web
RUN scripts/web build && rm -rf /var/lib/apt/lists/*

# The web app alone: what a content delivery network or another server may hand out. It is never run.
FROM scratch AS web
COPY --from=web-build /source/web/dist /web
USER 10001:10001

FROM runtime AS gateway
COPY --from=build /products/gateway /tiketi/gateway
COPY --from=web /web /tiketi/web
ENV WEB_ROOT=/tiketi/web
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/tiketi/gateway", "--probe"]
ENTRYPOINT ["/tiketi/gateway"]

FROM runtime AS auth
COPY --from=build /products/auth /tiketi/auth
EXPOSE 3005
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/tiketi/auth", "--probe"]
ENTRYPOINT ["/tiketi/auth"]

FROM runtime AS ticket
COPY --from=build /products/ticket /tiketi/ticket
EXPOSE 3002
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/tiketi/ticket", "--probe"]
ENTRYPOINT ["/tiketi/ticket"]

FROM runtime AS payment
COPY --from=build /products/payment /tiketi/payment
EXPOSE 3003
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/tiketi/payment", "--probe"]
ENTRYPOINT ["/tiketi/payment"]

FROM runtime AS stats
COPY --from=build /products/stats /tiketi/stats
EXPOSE 3004
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/tiketi/stats", "--probe"]
ENTRYPOINT ["/tiketi/stats"]

FROM runtime AS realtime
COPY --from=build /products/realtime /tiketi/realtime
EXPOSE 3006
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/tiketi/realtime", "--probe"]
ENTRYPOINT ["/tiketi/realtime"]

# For development: the payment provider's stand-in.
FROM runtime AS toss-simulator
COPY --from=build /products/toss-simulator /tiketi/toss-simulator
ENV NODE_ENV=development
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/tiketi/toss-simulator", "--probe"]
ENTRYPOINT ["/tiketi/toss-simulator"]

# The operator's tool: doctor, seed, migrate.
FROM runtime AS tiketi
COPY --from=build /products/tiketi /tiketi/tiketi
COPY database /tiketi/database
# It runs to its end: there is nothing to probe.
HEALTHCHECK NONE
ENTRYPOINT ["/tiketi/tiketi"]

FROM tiketi AS migrate
CMD ["migrate"]
