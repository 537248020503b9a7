"""For all tests: properties are about values; how long an example takes on a busy machine is not one of them."""

from hypothesis import HealthCheck, settings

settings.register_profile("synlearner", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("synlearner")
