# The packed artefact, alone. The desk's password comes with the container, there is no default:
#   docker build --tag mock-ob-directory .
#   docker run --rm --publish 127.0.0.1:8080:8080 --publish 127.0.0.1:8443:8443 --volume keys:/data \
#     --env ADMIN_PASSWORD=… mock-ob-directory

FROM node:20-slim AS packed
WORKDIR /tree
COPY package.json package-lock.json ./
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json README.md CHANGELOG.md LICENSE ./
COPY src src
COPY views views
COPY data data
RUN npm run build && mkdir ../packed && npm pack --ignore-scripts --pack-destination ../packed

FROM node:20-slim AS installed
COPY --from=packed /packed /packed
WORKDIR /app
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund ../packed/*.tgz

FROM node:20-slim
COPY --from=installed /app /app
WORKDIR /app
# 1000 is node.
RUN mkdir ../data && chown 1000:1000 ../data
ENV PATH=/app/node_modules/.bin:$PATH
ENV NODE_ENV=production
ENV BIND_HOST=0.0.0.0
ENV DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8080 8443
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT || 8080}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["mock-ob-directory"]
CMD ["serve"]
