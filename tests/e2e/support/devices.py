"""What people look through."""

import pytest

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
on_both = pytest.mark.parametrize("look", [DESKTOP, PHONE], ids=["desktop", "phone"])
