# Runcast with what engines on many machines need. Mount your tasks at /app, or build on this image:
#
#     FROM runcast
#     COPY --chown=runcast . /app
#     CMD ["serve", "shop/tasks.py"]
FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY web ./web
COPY src ./src
RUN python -m venv /opt/runcast \
  && /opt/runcast/bin/pip install --no-cache-dir ".[http,metrics,otel,postgres]"

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home runcast \
  && install -d -o runcast -g runcast /app /data
COPY --from=build /opt/runcast /opt/runcast
ENV PATH=/opt/runcast/bin:$PATH \
  PYTHONUNBUFFERED=1 \
  RUNCAST_DATABASE=/data/runcast.db \
  RUNCAST_LOG_FORMAT=json \
  RUNCAST_METRICS=127.0.0.1:9464
WORKDIR /app
# A number, so that an orchestrator sees that it is not root.
USER 10001
VOLUME /data
EXPOSE 8420 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9464/healthz', timeout=5)"]
ENTRYPOINT ["runcast"]
CMD ["serve"]
