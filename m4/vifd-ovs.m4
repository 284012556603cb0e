# How the daemon finds libopenvswitch.

# VIFD_CHECK_OVS
# Sets OVS_CPPFLAGS and OVS_LIBS, from a source tree if one is named, else from
# pkg-config.
#
# Open vSwitch's lib/ is searched with -iquote: its memory.h, string.h and
# stdio.h would shadow the system's with -I.  Some of its headers test HAVE_*
# macros, and with them decide the layout of structures, so every file that
# sees its headers first gets the config.h that the library was built with,
# as ovs-config.h.
AC_DEFUN([VIFD_CHECK_OVS], [
  AC_ARG_WITH([ovs-source],
    [AS_HELP_STRING([--with-ovs-source=DIR],
                    [use this source tree of Open vSwitch, not pkg-config])])
  AC_ARG_WITH([ovs-build],
    [AS_HELP_STRING([--with-ovs-build=DIR],
                    [where that tree was built, if not in itself])])
  AC_ARG_VAR([OVS_CPPFLAGS], [preprocessor flags for libopenvswitch])
  AC_ARG_VAR([OVS_LIBS], [linker flags for libopenvswitch])

  AS_IF([test -n "$with_ovs_source$with_ovs_build"],
        [VIFD_OVS_FROM_SOURCE], [VIFD_OVS_FROM_PKG_CONFIG])

  vifd_save_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$CPPFLAGS $OVS_CPPFLAGS"
  AC_MSG_CHECKING([for the headers of libopenvswitch])
  AC_COMPILE_IFELSE(
    [AC_LANG_PROGRAM([[#include "openvswitch/json.h"
                       #include "jsonrpc.h"
                       #include "vswitch-idl.h"]],
                     [[return ovsrec_idl_class.n_tables == 0;]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([vswitch-idl.h and jsonrpc.h of Open vSwitch do not compile
with $OVS_CPPFLAGS; config.log has the compiler's words.  A libopenvswitch that
has them is made by build-aux/bootstrap-ovs])])
  # Open vSwitch 4.0 hides the elements of a JSON array behind functions.
  AC_CHECK_DECLS([json_array_at], [], [], [[#include "openvswitch/json.h"]])
  CPPFLAGS=$vifd_save_CPPFLAGS
])

AC_DEFUN([VIFD_OVS_FROM_SOURCE], [
  AS_IF([test -z "$with_ovs_source"],
        [AC_MSG_ERROR([--with-ovs-build needs --with-ovs-source])])
  : ${with_ovs_build:=$with_ovs_source}
  AS_IF([test ! -f "$with_ovs_source/lib/ovsdb-idl.h"],
        [AC_MSG_ERROR([$with_ovs_source is no source tree of Open vSwitch])])
  AS_IF([test ! -f "$with_ovs_build/lib/libopenvswitch.la"],
        [AC_MSG_ERROR([$with_ovs_build has no lib/libopenvswitch.la: build it
there first])])
  with_ovs_source=`cd "$with_ovs_source" && pwd`
  with_ovs_build=`cd "$with_ovs_build" && pwd`
  AS_MKDIR_P([ovs-include])
  sed -E '/define (PACKAGE|VERSION|LT_OBJDIR)/d' \
      "$with_ovs_build/config.h" > ovs-include/ovs-config.h
  OVS_CPPFLAGS="-isystem $with_ovs_source/include"
  AS_VAR_APPEND([OVS_CPPFLAGS], [" -isystem $with_ovs_build/include"])
  AS_VAR_APPEND([OVS_CPPFLAGS], [" -iquote $with_ovs_source/lib"])
  AS_VAR_APPEND([OVS_CPPFLAGS], [" -iquote $with_ovs_build/lib"])
  AS_VAR_APPEND([OVS_CPPFLAGS], [" -include `pwd`/ovs-include/ovs-config.h"])
  OVS_LIBS="$with_ovs_build/lib/libopenvswitch.la"
])

AC_DEFUN([VIFD_OVS_FROM_PKG_CONFIG], [
  AS_IF([test -z "$OVS_CPPFLAGS$OVS_LIBS"], [
    AC_MSG_CHECKING([for libopenvswitch >= 3.1.0])
    AS_IF([$PKG_CONFIG --exists 'libopenvswitch >= 3.1.0'],
      [AC_MSG_RESULT([`$PKG_CONFIG --modversion libopenvswitch`])],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([pkg-config knows no libopenvswitch >= 3.1.0, which no
release of Debian packages.  Build it once from Debian's openvswitch-source:

    sudo build-aux/install-deps build
    prefix=\$(build-aux/bootstrap-ovs)
    ./configure PKG_CONFIG_PATH=\$prefix/lib/pkgconfig

or name a built source tree with --with-ovs-source and --with-ovs-build.])])
    ovs_includedir=`$PKG_CONFIG --variable=includedir libopenvswitch`
    # The library is static and not of a stable ABI: link it whole.  Its .pc
    # file forgets the directory in some distributions.
    OVS_LIBS="-L`$PKG_CONFIG --variable=libdir libopenvswitch`"
    AS_VAR_APPEND([OVS_LIBS],
                  [" `$PKG_CONFIG --static --libs libopenvswitch`"])
    OVS_CPPFLAGS=
    # Naming the system's own directory would break its #include_next.
    AS_IF([test "$ovs_includedir" != /usr/include],
          [OVS_CPPFLAGS="-isystem $ovs_includedir"])
    AS_VAR_APPEND([OVS_CPPFLAGS], [" -iquote $ovs_includedir/openvswitch/lib"])
    AS_VAR_APPEND([OVS_CPPFLAGS], [" -include ovs-config.h"])
  ])
])
