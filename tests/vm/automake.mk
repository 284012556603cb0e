# Tests on real drivers in virtual machines, in Python.
EXTRA_DIST += \
	tests/vm/boot.py \
	tests/vm/guest-init \
	tests/vm/igb/test_boot.py \
	tests/vm/initrd-init \
	tests/vm/netdevsim/test_boot.py \
	tests/vm/run \
	tests/vm/setup
