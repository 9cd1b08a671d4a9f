"""The settings of a server of `bench live`: the product's own, and a note of each commit."""

from config.settings import *  # noqa: F403 - all of them
from config.settings import INSTALLED_APPS

INSTALLED_APPS = ["config.bench.stamping.Stamping", *INSTALLED_APPS]
