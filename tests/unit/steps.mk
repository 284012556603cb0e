# Tests of agent/steps/ that need no kernel, or one of their own.
UNIT_TESTS += \
	tests/unit/test-device-path \
	tests/unit/test-held \
	tests/unit/test-pci-driver \
	tests/unit/test-pci-driver-pf \
	tests/unit/test-rtnl-vf \
	tests/unit/test-vf \
	tests/unit/test-vf-args \
	tests/unit/test-vf-back
KERNEL_TESTS += tests/unit/test-vf-netdev

SOME_STEP = tests/unit/some-step.c tests/unit/some-step.h
PCI_HOST = \
	tests/unit/pci-host.c \
	tests/unit/pci-host.h \
	$(FAKE_SYSFS) $(SOME_STEP)
VF_HOST = \
	tests/unit/fake-pf.c \
	tests/unit/fake-pf.h \
	tests/unit/vf-host.c \
	tests/unit/vf-host.h \
	$(FAKE_SYSFS) $(SOME_STEP)

tests_unit_test_device_path_SOURCES = tests/unit/test-device-path.c \
	$(FAKE_SYSFS)
tests_unit_test_device_path_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_device_path_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_path_LDADD = $(UNIT_LIBS)
tests_unit_test_rtnl_vf_SOURCES = tests/unit/test-rtnl-vf.c $(PLAY_KERNEL)
tests_unit_test_rtnl_vf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rtnl_vf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rtnl_vf_LDADD = $(UNIT_LIBS)
# Defines what kernel/rtnl-vf.c and steps/held.c would.
tests_unit_test_vf_SOURCES = tests/unit/test-vf.c $(VF_HOST)
tests_unit_test_vf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vf_LDADD = $(UNIT_LIBS)
tests_unit_test_vf_back_SOURCES = tests/unit/test-vf-back.c $(VF_HOST)
tests_unit_test_vf_back_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vf_back_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vf_back_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=rtnl_get \
	-Wl,--wrap=rtnl_set
tests_unit_test_vf_back_LDADD = $(UNIT_LIBS)
tests_unit_test_vf_args_SOURCES = tests/unit/test-vf-args.c
tests_unit_test_vf_args_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vf_args_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vf_args_LDADD = $(UNIT_LIBS)
# Of what tests/unit/pci-host.c has in its place.
PCI_HOST_WRAPS = $(AM_LDFLAGS) \
	-Wl,--wrap=privilege_pci_driver_override \
	-Wl,--wrap=privilege_pci_unbind \
	-Wl,--wrap=privilege_pci_bind \
	-Wl,--wrap=privilege_pci_probe \
	-Wl,--wrap=privilege_pci_reset \
	-Wl,--wrap=privilege_pci_check_unheld \
	-Wl,--wrap=rtnl_get_by_name
tests_unit_test_pci_driver_SOURCES = tests/unit/test-pci-driver.c $(PCI_HOST)
tests_unit_test_pci_driver_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pci_driver_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pci_driver_LDFLAGS = $(PCI_HOST_WRAPS)
tests_unit_test_pci_driver_LDADD = $(UNIT_LIBS)
tests_unit_test_pci_driver_pf_SOURCES = tests/unit/test-pci-driver-pf.c \
	$(PCI_HOST)
tests_unit_test_pci_driver_pf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pci_driver_pf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pci_driver_pf_LDFLAGS = $(PCI_HOST_WRAPS) \
	-Wl,--wrap=privilege_pci_set_numvfs
tests_unit_test_pci_driver_pf_LDADD = $(UNIT_LIBS)
tests_unit_test_vf_netdev_SOURCES = tests/unit/test-vf-netdev.c \
	$(KERNEL_FIXTURE) $(FAKE_SYSFS) $(SOME_STEP)
tests_unit_test_vf_netdev_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vf_netdev_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vf_netdev_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=privilege_pci_bind \
	-Wl,--wrap=rtnl_get_by_name
tests_unit_test_vf_netdev_LDADD = $(UNIT_LIBS)
tests_unit_test_held_SOURCES = tests/unit/test-held.c $(FAKE_SYS)
tests_unit_test_held_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_held_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_held_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=rtnl_get_by_name
tests_unit_test_held_LDADD = $(UNIT_LIBS)
