"""The two igb NICs, on which vifd is killed."""

from igb_nics import both, pf, pfs  # noqa: F401
