# One image for all roles: web (granian), live (daphne), worker, migrate. compose.yaml says which command each runs.
FROM python:3.11-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --quiet -r /tmp/requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/srv/static MEDIA_ROOT=/srv/media
RUN useradd --system --uid 10001 --home-dir /app frontdesk \
    && mkdir -p /srv/static /srv/media && chown frontdesk /srv/static /srv/media
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY config config
COPY accounts accounts
COPY scheduling scheduling
COPY queueing queueing
COPY notifications notifications
COPY templates templates
COPY static static
USER frontdesk
# The key and the database are named only because settings ask for them; nothing of them stays in the image.
RUN SECRET_KEY=only-while-building-the-image-and-nowhere-else DATABASE_URL=postgres://nobody@localhost/none \
    python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--backlog", "4096", "--backpressure", "2048", "config.wsgi:application"]
