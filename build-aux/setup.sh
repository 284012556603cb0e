# shellcheck shell=bash
# What quickstart and tests/run do before they can start: packages,
# libopenvswitch, and a build of the project outside the source tree.  To be
# sourced by a script that has 'set -euo pipefail' and 'top', the source tree.

: "${top:?the source tree}"

# Says what is going on; never on stdout, which may be someone's input.
setup_say() {
    echo "${0##*/}: $*" >&2
}

setup_die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Runs a command as the owner of the source tree, so that "sudo" leaves no
# files behind that its owner can neither overwrite nor remove.
setup_as_owner() {
    local uid gid
    uid=$(stat -c %u "$top")
    gid=$(stat -c %g "$top")
    if [ "$(id -u)" = 0 ] && [ "$uid" != 0 ]; then
        setpriv --reuid="$uid" --regid="$gid" --clear-groups \
            env HOME="$(getent passwd "$uid" | cut -d: -f6)" "$@"
    else
        "$@"
    fi
}

# setup_logged LOG COMMAND...: runs it quietly, shows the end if it fails.
setup_logged() {
    local log=$1
    shift
    if ! setup_as_owner "$@" >>"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        setup_die "'$*' failed; all of its output is in $log"
    fi
}

# setup_packages GROUP...
setup_packages() {
    "$top/build-aux/install-deps" "$@"
}

# Whether 'configure' is there and not older than what it is made from.
setup_configure_is_fresh() {
    [ -x "$top/configure" ] && [ -f "$top/Makefile.in" ] \
        && [ -f "$top/config.h.in" ] && [ -f "$top/build-aux/ltmain.sh" ] \
        && [ -z "$(find "$top" -maxdepth 3 -newer "$top/Makefile.in" \
                        \( -name configure.ac -o -name '*.am' \
                           -o -name automake.mk -o -path "$top/m4/vifd-*" \) \
                        -print -quit)" ]
}

# setup_build DIRECTORY [CONFIGURE-ARGUMENT...]
#
# Configures the project in DIRECTORY, unless it is there with the same
# arguments, and builds it and the programs of its tests.  With no arguments
# any configuration that is there will do.
setup_build() {
    local directory=$1 arguments log prefix pkg_config_path
    shift
    arguments=$*
    log=$directory/setup.log

    if [ -e "$top/config.status" ]; then
        setup_die "$top is configured in place: run 'make distclean' there," \
                  "or build outside of it (mkdir build; cd build; ../configure)"
    fi
    setup_as_owner mkdir -p "$directory"
    setup_as_owner sh -c ": > '$log'"

    pkg_config_path=${PKG_CONFIG_PATH:-}
    if ! pkg-config --exists 'libopenvswitch >= 3.1.0'; then
        prefix=$("$top/build-aux/bootstrap-ovs")
        pkg_config_path=$prefix/lib/pkgconfig${pkg_config_path:+:$pkg_config_path}
    fi

    if ! setup_configure_is_fresh; then
        setup_say "making 'configure'"
        setup_logged "$log" "$top/autogen.sh"
    fi
    if [ ! -f "$directory/Makefile" ] \
       || { [ -n "$arguments" ] \
            && [ "$(cat "$directory/setup.args" 2>/dev/null)" \
                 != "$arguments" ]; }; then
        setup_say "configuring ${directory#"$top"/}"
        setup_logged "$log" env -C "$directory" "$top/configure" "$@" \
            PKG_CONFIG_PATH="$pkg_config_path"
        setup_as_owner sh -c "printf %s '$arguments' > '$directory/setup.args'"
    fi
    # 'make -q' can't tell: automake's rule for config.h is always out of date.
    if [ ! -e "$directory/setup.built" ] \
       || [ -n "$(find "$top" -path "$top/build*" -prune -o -name '*.[ch]' \
                       -newer "$directory/setup.built" -print -quit)" ]; then
        setup_say "building ${directory#"$top"/}"
    fi
    setup_logged "$log" make -C "$directory" -j"$(nproc)" all
    setup_as_owner touch "$directory/setup.built"
}

# setup_test_programs DIRECTORY: the programs that 'make check' would run.
setup_test_programs() {
    setup_logged "$1/setup.log" make -C "$1" -j"$(nproc)" check TESTS=
}

# setup_thread_tests DIRECTORY: those of them that start threads.
setup_thread_tests() {
    setup_logged "$1/setup.log" make -C "$1" -j"$(nproc)" thread-tests
}
