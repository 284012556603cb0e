# VIFD_ARG_FUZZERS
# --enable-fuzzers: everything is built with coverage for libFuzzer, and with
# the address and undefined behaviour sanitizers.  Needs clang.
AC_DEFUN([VIFD_ARG_FUZZERS], [
  AC_ARG_ENABLE([fuzzers],
    [AS_HELP_STRING([--enable-fuzzers],
                    [build for libFuzzer; needs CC=clang])],
    [], [enable_fuzzers=no])
  AS_VAR_IF([enable_fuzzers], [yes], [
    AS_IF([test "$enable_sanitizers$enable_tsan" != nono],
          [AC_MSG_ERROR([--enable-fuzzers brings its own sanitizers])])
    INSTRUMENT_CFLAGS="-fsanitize=fuzzer-no-link,address,undefined"
    INSTRUMENT_CFLAGS="$INSTRUMENT_CFLAGS -fno-sanitize-recover=all"
    INSTRUMENT_LDFLAGS="-fsanitize=address,undefined"
    vifd_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -fsanitize=fuzzer"
    AC_MSG_CHECKING([whether $CC has libFuzzer])
    AC_LINK_IFELSE([AC_LANG_SOURCE([[
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{ return p && n ? 0 : 0; }]])],
      [AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([--enable-fuzzers needs clang and libclang-rt-dev])])
    CFLAGS=$vifd_save_CFLAGS
  ])
])
