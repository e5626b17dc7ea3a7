# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/jejak
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY domain domain
COPY projections projections
COPY api api
RUN --mount=type=cache,target=/root/.cache/pip /opt/jejak/bin/pip install -c requirements.lock .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/jejak --create-home jejak
COPY --from=build /opt/jejak /opt/jejak
ENV PATH=/opt/jejak/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 JEJAK_DATA=/var/lib/jejak JEJAK_HOST=0.0.0.0
USER jejak
WORKDIR /var/lib/jejak
VOLUME /var/lib/jejak
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"JEJAK_PORT\", \"8000\")}/readyz', timeout=4)"]
CMD ["jejak", "serve"]
