# Tests with a real Open vSwitch, in Python.
EXTRA_DIST += \
	tests/netns/conftest.py \
	tests/netns/faults.py \
	tests/netns/guest.py \
	tests/netns/host.py \
	tests/netns/jobs.py \
	tests/netns/peers.py \
	tests/netns/rpc.py \
	tests/netns/run \
	tests/netns/test_access.py \
	tests/netns/test_adopted.py \
	tests/netns/test_bindings.py \
	tests/netns/test_clients.py \
	tests/netns/test_daemon.py \
	tests/netns/test_drift.py \
	tests/netns/test_exhaustion.py \
	tests/netns/test_inventory.py \
	tests/netns/test_journal.py \
	tests/netns/test_macvtap.py \
	tests/netns/test_many.py \
	tests/netns/test_never_again.py \
	tests/netns/test_orphans.py \
	tests/netns/test_ovs_faults.py \
	tests/netns/test_plug.py \
	tests/netns/test_privilege.py \
	tests/netns/test_reboot.py \
	tests/netns/test_restart.py \
	tests/netns/test_stress.py \
	tests/netns/test_sys_faults.py \
	tests/netns/test_vifctl.py \
	tests/netns/test_wedges.py \
	tests/netns/view.py
