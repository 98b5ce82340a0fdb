# The gateway as an image: built from hash-locked packages, run by nobody in particular.

FROM python:3.13-slim-trixie AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.txt requirements-dev.txt ./
RUN python -m venv /opt/hawk \
 && /opt/hawk/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
      --requirement requirements.txt \
 && python -m venv /opt/tools \
 && /opt/tools/bin/pip install --no-cache-dir --require-hashes --requirement requirements-dev.txt
COPY pyproject.toml README.md LICENSE ./
COPY hawk_backend hawk_backend
# The wheel carries the page's third-party code, held to its lock by npm.
RUN /opt/tools/bin/python -m hawk_backend.dev.vendor \
 && /opt/tools/bin/python -m hatchling build --target wheel --directory /build/dist \
 && /opt/hawk/bin/pip install --no-cache-dir --no-deps --no-index /build/dist/*.whl

FROM python:3.13-slim-trixie
ENV PATH=/opt/hawk/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=builder /opt/hawk /opt/hawk
WORKDIR /srv/hawk
USER 10001:10001
EXPOSE 8004
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('HAWK_PORT', 8004)}/health\", timeout=2)"]
CMD ["hawk-backend", "serve"]
