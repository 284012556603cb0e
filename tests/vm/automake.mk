# Tests on real drivers in virtual machines, in Python.
EXTRA_DIST += \
	tests/vm/bench/conftest.py \
	tests/vm/bench/test_figures.py \
	tests/vm/boot.py \
	tests/vm/conftest.py \
	tests/vm/crash/conftest.py \
	tests/vm/crash/test_crash_points.py \
	tests/vm/frames.py \
	tests/vm/guest-init \
	tests/vm/igb/conftest.py \
	tests/vm/igb/test_capabilities.py \
	tests/vm/igb/test_direct.py \
	tests/vm/igb/test_driver.py \
	tests/vm/igb/test_held.py \
	tests/vm/igb/test_inventory.py \
	tests/vm/igb/test_machine.py \
	tests/vm/igb/test_macvtap.py \
	tests/vm/igb/test_plugged.py \
	tests/vm/igb/test_vf_step.py \
	tests/vm/igb/test_vlan.py \
	tests/vm/igb_nics.py \
	tests/vm/initrd-init \
	tests/vm/netdevsim/conftest.py \
	tests/vm/netdevsim/test_devlink.py \
	tests/vm/netdevsim/test_direct.py \
	tests/vm/netdevsim/test_inventory.py \
	tests/vm/netdevsim/test_many.py \
	tests/vm/netdevsim/test_operators.py \
	tests/vm/netdevsim/test_vf_step.py \
	tests/vm/nics.py \
	tests/vm/run \
	tests/vm/setup \
	tests/vm/steps.py

# One step without a daemon, for tests in a virtual machine.
check_PROGRAMS += tests/vm/one-step
tests_vm_one_step_SOURCES = tests/vm/one-step.c
tests_vm_one_step_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_vm_one_step_CFLAGS = $(UNIT_CFLAGS)
tests_vm_one_step_LDADD = $(UNIT_LIBS)
