# One image per service: docker build --build-arg SERVICE=policy -t leix-policy .
#
# BASE is any glibc system. With Node 26 and npm in it (the default) nothing else is needed; without, the
# host's node_modules bring the pinned Node (run `npm run check` once), and no registry is asked for
# anything.
ARG BASE=node:26-bookworm-slim

FROM ${BASE} AS workspace
WORKDIR /leix
COPY . .
RUN sh deploy/image/dependencies.sh

FROM ${BASE}
# What runs is the source itself: the workspace is copied as it is, its packages linked, nothing compiled.
COPY --from=workspace /leix /leix
WORKDIR /leix
RUN groupadd --gid 10001 leix && useradd --uid 10001 --gid leix --no-create-home leix
USER leix
ENV PATH=/leix/node_modules/.bin:$PATH \
    NODE_ENV=production \
    LEIX_HTTP_PORT=8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=6 \
    CMD ["node", "deploy/image/healthcheck.mjs"]
# Last, so that all services share every layer but this one.
ARG SERVICE
ENV SERVICE=${SERVICE}
CMD ["sh", "-c", "exec node services/$SERVICE/src/main.ts"]
