"""The bare view behind the embedded server's bridge between ASGI and threads."""

from a2wsgi import WSGIMiddleware

from config.bench.bare import application as bare

THREADS = 8  # as config.asgi has

application = WSGIMiddleware(bare, workers=THREADS)  # type: ignore[arg-type]
