# The crash matrix, in Python; its hosts are those of tests/netns.
EXTRA_DIST += \
	tests/crash/cells.py \
	tests/crash/conftest.py \
	tests/crash/run \
	tests/crash/test_crash_points.py \
	tests/crash/test_crash_rebuild.py
