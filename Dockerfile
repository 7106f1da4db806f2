# The container image: Node and the published package, nothing else. No shell, not root, nothing written but the state.
# docs/deploying.md says how to run it.
FROM node:24.21.0-bookworm-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553 AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# A sixth of Node's binary is symbols for debuggers.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /out/lookout /out/state && chmod 700 /out/state && strip -o /out/node "$(command -v node)"
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# What is published, as npm would install it, but for the types of a library that only programs need.
RUN npm pack --silent && tar xzf ./*.tgz -C /out/lookout --strip-components=1 \
  && find /out/lookout/dist -name '*.d.ts' -delete && /out/node /out/lookout/bin/lookout.js --version

FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
COPY --from=build /out/node /usr/local/bin/node
COPY --from=build /out/lookout /opt/lookout
COPY --from=build --chown=65532:65532 /out/state /var/lib/lookout
# With an arena for each thread the allocator keeps a fifth more memory than is used.
ENV LOOKOUT_CONFIG=/etc/lookout/lookout.yml MALLOC_ARENA_MAX=1
WORKDIR /opt/lookout
USER 65532:65532
VOLUME /var/lib/lookout
EXPOSE 8791
# Unhealthy is what `lookout status` says, also where no console is served.
HEALTHCHECK --interval=1m --timeout=20s --start-period=2m --retries=3 CMD ["node", "bin/lookout.js", "status"]
ENTRYPOINT ["node", "bin/lookout.js"]
CMD ["run"]
