"""The two igb NICs."""

from igb_nics import both, pf, pfs  # noqa: F401
