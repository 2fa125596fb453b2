"""The report: pages to hand in, with their pictures. No other room loads matplotlib."""

import logging

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns where there is no home to cache in
