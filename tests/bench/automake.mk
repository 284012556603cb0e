# Benchmarks: 'make bench', as root.  The floor and the client are ours; the
# peer is Debian's os-vif.
bench_programs = tests/bench/bench-client tests/bench/bench-floor \
	tests/bench/bench-vf-floor
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
tests_bench_bench_floor_SOURCES = tests/bench/bench-floor.c
tests_bench_bench_floor_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_bench_bench_floor_LDADD = $(JANSSON_LIBS)
tests_bench_bench_client_SOURCES = tests/bench/bench-client.c
tests_bench_bench_client_LDADD = client/libvifclient.la
tests_bench_bench_vf_floor_SOURCES = tests/bench/bench-vf-floor.c
EXTRA_DIST += tests/bench/bench.py tests/bench/peer-os-vif.py tests/bench/run

bench: all $(bench_programs)
	VIFD_BUILDDIR=$(abs_top_builddir) $(top_srcdir)/tests/bench/run
.PHONY: bench
