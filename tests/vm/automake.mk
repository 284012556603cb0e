# Tests on real drivers in virtual machines, in Python.
EXTRA_DIST += \
	tests/vm/boot.py \
	tests/vm/conftest.py \
	tests/vm/frames.py \
	tests/vm/guest-init \
	tests/vm/igb/conftest.py \
	tests/vm/igb/test_capabilities.py \
	tests/vm/igb/test_inventory.py \
	tests/vm/igb/test_machine.py \
	tests/vm/igb_nics.py \
	tests/vm/initrd-init \
	tests/vm/netdevsim/conftest.py \
	tests/vm/netdevsim/test_devlink.py \
	tests/vm/netdevsim/test_inventory.py \
	tests/vm/nics.py \
	tests/vm/run \
	tests/vm/setup

# One step without a daemon, for tests in a virtual machine.
check_PROGRAMS += tests/vm/one-step
tests_vm_one_step_SOURCES = tests/vm/one-step.c
tests_vm_one_step_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_vm_one_step_CFLAGS = $(UNIT_CFLAGS)
tests_vm_one_step_LDADD = $(UNIT_LIBS)
EXTRA_DIST += \
	tests/vm/igb/test_vf_step.py \
	tests/vm/netdevsim/test_vf_step.py \
	tests/vm/steps.py
