"""The page: ask, watch the stages, see the cache. Plain ES modules, no bundler, no CDN."""

from hawk_backend.web.routes import STATIC, VENDOR, mount

__all__ = ["STATIC", "VENDOR", "mount"]
