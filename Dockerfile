# One image for web, workers, relay, sealer, delivery, beat and the stand-in.
FROM python:3.12-slim AS build
COPY requirements.lock /build/
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /build/requirements.lock

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/chukan --create-home chukan
COPY --from=build /venv /venv
COPY --chown=root:root . /app
WORKDIR /app
USER chukan
ENV PATH=/venv/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=chukan.settings.base \
    CHUKAN_HOME=/var/lib/chukan
VOLUME /var/lib/chukan
CMD ["gunicorn", "chukan.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket", "--forwarder-headers", ""]
