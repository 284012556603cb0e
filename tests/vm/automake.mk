# Tests on real drivers in virtual machines, in Python.
EXTRA_DIST += \
	tests/vm/boot.py \
	tests/vm/conftest.py \
	tests/vm/frames.py \
	tests/vm/guest-init \
	tests/vm/igb/conftest.py \
	tests/vm/igb/test_inventory.py \
	tests/vm/igb/test_machine.py \
	tests/vm/initrd-init \
	tests/vm/netdevsim/conftest.py \
	tests/vm/netdevsim/test_inventory.py \
	tests/vm/nics.py \
	tests/vm/run \
	tests/vm/setup
