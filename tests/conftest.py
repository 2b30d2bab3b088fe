"""One setting for every property test: a busy machine is no failure (how long things take is the benchmarks' business)."""

from hypothesis import settings

settings.register_profile("taishan", deadline=None)
settings.load_profile("taishan")
