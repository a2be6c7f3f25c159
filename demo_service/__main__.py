"""``python -m demo_service``."""

import sys

from demo_service.cli import main

sys.exit(main())
