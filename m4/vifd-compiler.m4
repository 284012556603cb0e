# What the compiler is told: the language, the warnings, and the builds that
# find bugs.  The results are the BASE_, WARN_ and INSTRUMENT_ variables that
# the top Makefile.am puts into AM_CFLAGS and AM_LDFLAGS.

# VIFD_TRY_CFLAG(FLAG, VARIABLE)
# Appends FLAG to VARIABLE when the compiler takes it without a complaint.
AC_DEFUN([VIFD_TRY_CFLAG], [
  AS_VAR_PUSHDEF([cache], [vifd_cv_cc_$1])
  AC_CACHE_CHECK([whether $CC takes $1], [cache], [
    vifd_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
                      [AS_VAR_SET([cache], [yes])],
                      [AS_VAR_SET([cache], [no])])
    CFLAGS=$vifd_save_CFLAGS
  ])
  AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$2], [" $1"])])
  AS_VAR_POPDEF([cache])
])

# VIFD_CHECK_COMPILER
# C11 with the GNU extensions that the headers of Open vSwitch need.
AC_DEFUN([VIFD_CHECK_COMPILER], [
  BASE_CFLAGS="-std=gnu11 -fno-strict-aliasing"
  WARN_CFLAGS=
  m4_foreach_w([flag], [-Wall -Wextra -Wshadow -Wstrict-prototypes
                        -Wmissing-prototypes -Wold-style-definition
                        -Wpointer-arith -Wformat=2 -Wformat-security
                        -Wvla -Wwrite-strings
                        -Wno-format-nonliteral -Wno-format-truncation],
               [VIFD_TRY_CFLAG(flag, [WARN_CFLAGS])])
  # Where Open vSwitch's VLOG macros are used, clang takes what is in them for
  # ours; gcc knows that they are the system's.  gcc finds the rest.
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#ifndef __clang__
                                       #error not clang
                                       #endif]])],
                    [AS_VAR_APPEND([WARN_CFLAGS], [" -Wno-sign-compare"])])
  AC_SUBST([BASE_CFLAGS])
  AC_SUBST([WARN_CFLAGS])
])

# VIFD_ARG_WERROR
# Comes last of the options: a configure test must not fail for a warning.
AC_DEFUN([VIFD_ARG_WERROR], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
    [], [enable_werror=no])
  AS_VAR_IF([enable_werror], [yes], [AS_VAR_APPEND([WARN_CFLAGS],
                                                   [" -Werror"])])
])

# VIFD_ARG_SANITIZERS
# --enable-sanitizers and --enable-tsan; they exclude one another.
AC_DEFUN([VIFD_ARG_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers],
                    [build with the address and undefined behaviour
                     sanitizers])],
    [], [enable_sanitizers=no])
  AC_ARG_ENABLE([tsan],
    [AS_HELP_STRING([--enable-tsan], [build with the thread sanitizer])],
    [], [enable_tsan=no])
  AS_IF([test "$enable_sanitizers$enable_tsan" = yesyes],
        [AC_MSG_ERROR([--enable-sanitizers and --enable-tsan exclude one
another: a program can only have one of the two run-times])])
  vifd_san=
  AS_VAR_IF([enable_sanitizers], [yes],
            [vifd_san="-fsanitize=address,undefined"
             vifd_san="$vifd_san -fno-sanitize-recover=all"])
  AS_VAR_IF([enable_tsan], [yes], [vifd_san="-fsanitize=thread"])
  AS_IF([test -n "$vifd_san"], [
    vifd_san="$vifd_san -fno-omit-frame-pointer"
    vifd_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $vifd_san"
    AC_MSG_CHECKING([whether $CC links with $vifd_san])
    AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([$CC has no run-time library for $vifd_san])])
    CFLAGS=$vifd_save_CFLAGS
    # What the sanitizers insert confuses the warnings about values: gcc warns
    # of paths that they have made.
    m4_foreach_w([flag], [-Wno-array-bounds -Wno-maybe-uninitialized
                          -Wno-stringop-overflow -Wno-stringop-overread
                          -Wno-stringop-truncation],
                 [VIFD_TRY_CFLAG(flag, [WARN_CFLAGS])])
  ])
  INSTRUMENT_CFLAGS=$vifd_san
  INSTRUMENT_LDFLAGS=$vifd_san
  AC_SUBST([INSTRUMENT_CFLAGS])
  AC_SUBST([INSTRUMENT_LDFLAGS])
])

# VIFD_ARG_COVERAGE
AC_DEFUN([VIFD_ARG_COVERAGE], [
  AC_ARG_ENABLE([coverage],
    [AS_HELP_STRING([--enable-coverage],
                    [build for gcov; see 'make coverage'])],
    [], [enable_coverage=no])
  AS_VAR_IF([enable_coverage], [yes], [
    AS_VAR_APPEND([INSTRUMENT_CFLAGS], [" --coverage -O0"])
    AS_VAR_APPEND([INSTRUMENT_LDFLAGS], [" --coverage"])
  ])
])

# VIFD_ARG_CRASH_POINTS
# A daemon with crash points can be told to kill itself between any two steps.
AC_DEFUN([VIFD_ARG_CRASH_POINTS], [
  AC_ARG_ENABLE([crash-points],
    [AS_HELP_STRING([--enable-crash-points],
                    [let the crash tests stop the daemon at chosen points;
                     never for production])],
    [], [enable_crash_points=no])
  AS_VAR_IF([enable_crash_points], [yes],
            [AC_DEFINE([VIFD_CRASH_POINTS], [1],
                       [Define to compile in the crash points.])])
  AM_CONDITIONAL([CRASH_POINTS], [test "$enable_crash_points" = yes])
])
