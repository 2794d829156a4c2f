# The binary is static and runs from an empty image as nobody. It is built on the
# machine's own architecture for the image's; a digest can be put behind the tag.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
ARG VERSION=dev
ARG COMMIT=
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
      -ldflags "-s -w -buildid= -X main.version=${VERSION} -X main.commit=${COMMIT}" -o /out/quizbot ./cmd/quizbot \
 && mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/quizbot /quizbot
COPY --from=build /src/LICENSE /src/THIRD_PARTY_LICENSES /
COPY --from=build --chown=65534:65534 /out/data /data
USER 65534:65534
WORKDIR /data
VOLUME /data
ENV QUIZBOT_DB=/data/quizbot.db
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/quizbot", "probe"]
ENTRYPOINT ["/quizbot"]
CMD ["serve"]
